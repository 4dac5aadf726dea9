package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs PerfTest, RabbitMQ's load generator, to measure RabbitMQ on this machine without the relay.
 * PerfTest prints a line per second. The lines of the warm-up, in which its JVM still compiles, do
 * not count.
 */
final class PerfTest {

  private static final int WARM_UP_SECONDS = 4;
  private static final Duration SLACK = Duration.ofSeconds(40);

  /** Options for maximum throughput: two publishers with confirms, two consumers with acks. */
  private static final List<String> THROUGHPUT =
      List.of("-x", "2", "-y", "2", "-s", "1000", "-c", "200", "-q", "200", "-A", "50");

  /** Options for the latency of one hop, at a low rate. */
  private static final List<String> LATENCY = List.of("-x", "1", "-y", "1", "-r", "500");

  private static final Pattern LINE =
      Pattern.compile(
          "time [\\d.]+ s, sent: (\\d+) msg/s.* received: (\\d+) msg/s,"
              + " min/median/75th/95th/99th consumer latency: \\d+/(\\d+)/\\d+/\\d+/(\\d+) µs");

  /**
   * Medians over the seconds of a run. Latencies are one-way, in microseconds.
   *
   * @param sent messages published and confirmed per second
   * @param received deliveries per second; with two consumers, each with its own queue, there are
   *     two deliveries per message
   */
  record Result(double sent, double received, double p50, double p99) {}

  private record SecondFigures(double sent, double received, double p50, double p99) {}

  private final Path logs;

  PerfTest(Path logs) {
    this.logs = logs;
  }

  Result throughput(RabbitMqNode rabbit, int seconds) {
    return run(rabbit, THROUGHPUT, seconds);
  }

  Result latency(RabbitMqNode rabbit, int seconds) {
    return run(rabbit, LATENCY, seconds);
  }

  private Result run(RabbitMqNode rabbit, List<String> options, int seconds) {
    int time = WARM_UP_SECONDS + seconds;
    List<String> command = new ArrayList<>(JavaCommand.of("com.rabbitmq.perf.PerfTest"));
    command.addAll(List.of("-h", rabbit.amqpUri(RabbitMqUser.ADMIN).toString()));
    command.addAll(options);
    command.addAll(List.of("--time", Integer.toString(time)));
    return parse(
        Children.run(logs, "perf-test", Duration.ofSeconds(time).plus(SLACK), command),
        WARM_UP_SECONDS);
  }

  static Result parse(String output, int warmUpSeconds) {
    List<SecondFigures> seconds = new ArrayList<>();
    Matcher line = LINE.matcher(output);
    while (line.find()) {
      seconds.add(
          new SecondFigures(
              Double.parseDouble(line.group(1)),
              Double.parseDouble(line.group(2)),
              Double.parseDouble(line.group(3)),
              Double.parseDouble(line.group(4))));
    }
    if (seconds.size() <= warmUpSeconds) {
      throw new BenchException("PerfTest printed too few lines:\n" + output);
    }
    List<SecondFigures> counted = seconds.subList(warmUpSeconds, seconds.size());
    return new Result(
        median(counted, SecondFigures::sent),
        median(counted, SecondFigures::received),
        median(counted, SecondFigures::p50),
        median(counted, SecondFigures::p99));
  }

  private static double median(
      List<SecondFigures> seconds, ToDoubleFunction<SecondFigures> figure) {
    return Median.of(seconds.stream().mapToDouble(figure).toArray());
  }
}
