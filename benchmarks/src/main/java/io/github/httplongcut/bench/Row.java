package io.github.httplongcut.bench;

import java.util.Map;

/**
 * One line of the table: a step's medians over the rounds.
 *
 * @param perSecond requests, or messages for PerfTest
 * @param errors wrong and lost answers of all rounds together
 * @param processes what each process used, by its name
 * @param messages empty of meaning (0) where no relay is in the way
 */
record Row(
    String step,
    double perSecond,
    Latency latency,
    long errors,
    Map<String, Cost> processes,
    Messages messages) {

  /** Microseconds; 0 where it was not measured. */
  record Latency(double p50, double p90, double p99) {}

  /**
   * What a process used.
   *
   * @param cpuMicros for one request
   * @param peakMiB the most that was resident from its start to the end of the step's first round
   */
  record Cost(double cpuMicros, double peakMiB) {}

  /**
   * AMQP messages for one request.
   *
   * @param rabbitmq as RabbitMQ counts what it gets, in the first round
   * @param roles as those count who publish
   */
  record Messages(double rabbitmq, double roles) {}

  double cpuMicros() {
    return processes.values().stream().mapToDouble(Cost::cpuMicros).sum();
  }
}
