package io.github.httplongcut.bench;

import java.util.Map;

/**
 * One row of the table: a step's medians over the rounds.
 *
 * @param perSecond requests, or messages for PerfTest
 * @param errors total of wrong and lost responses in all rounds
 * @param processes CPU time and memory by process name
 * @param messages 0 for a step without a relay
 */
record Row(
    String step,
    double perSecond,
    Latency latency,
    long errors,
    Map<String, Cost> processes,
    Messages messages) {

  /** Latencies in microseconds; 0 if not measured. */
  record Latency(double p50, double p90, double p99) {}

  /**
   * CPU time and memory of a process.
   *
   * @param cpuMicros per request
   * @param peakMiB peak resident memory from the process's start to the end of the step's first
   *     round
   */
  record Cost(double cpuMicros, double peakMiB) {}

  /**
   * AMQP messages per request.
   *
   * @param rabbitmq as counted by RabbitMQ, in the first round only
   * @param roles as counted by the publishing roles
   */
  record Messages(double rabbitmq, double roles) {}

  double cpuMicros() {
    return processes.values().stream().mapToDouble(Cost::cpuMicros).sum();
  }
}
