package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import io.github.httplongcut.testkit.RabbitMqNode;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Measures 10,000 concurrent requests to an upstream server that responds after five seconds. */
final class SlowPart {

  private static final int REQUESTS = 10_000;

  /** Rate at which all requests are in flight before the first response. */
  private static final double PER_SECOND = REQUESTS / (NginxServer.SLOW_DELAY.toSeconds() - 1.0);

  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(40);

  /**
   * Number of brokers. Each holds fewer than 2,000 requests, the maximum prefetch, and RabbitMQ
   * does not spread the batches evenly.
   */
  private static final int BROKERS = 7;

  /**
   * Raised limits: on requests in flight, and on the brokers' ack delay. 2,500 requests per second
   * are a burst for ten JVMs on two processors, and the client agent must not refuse it.
   */
  private static final String RAISED_LIMITS =
      """
      longcut.client-agent.max-in-flight = 12000
      longcut.client-agent.ack-delay-target = 2500ms
      longcut.broker.max-waiting = 1800
      longcut.upstream-agent.target-defaults.capacity = 12000
      """;

  private final Bench bench;

  SlowPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say(
        "%d concurrent requests to an upstream server that responds after 5 s".formatted(REQUESTS));
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbit = bench.startRabbitMq("rabbitmq-slow");
        BenchRelay relay =
            BenchRelay.start(
                new BenchRelay.Plan(
                    bench.home(), "slow ", BROKERS, List.of(nginx.url()), RAISED_LIMITS),
                rabbit,
                bench.logs())) {
      bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, 64));
      Flood.Result result =
          Flood.run(
              new Flood.Plan(
                  relay.port(),
                  NginxServer.SLOW,
                  PER_SECOND,
                  REQUESTS,
                  REQUESTS,
                  RESPONSE_TIMEOUT));
      bench.say(
          "statuses %s %s, lost %d, at most %d in flight, p50 %.0f ms, p99 %.0f ms"
              .formatted(
                  result.statuses(),
                  result.refusals(),
                  result.lost(),
                  result.maxInFlight(),
                  result.answered().percentile(0.5) / 1000,
                  result.answered().percentile(0.99) / 1000));
      BenchReport report = bench.report();
      int missing = REQUESTS - result.answered().count();
      if (missing > 0) {
        report.addFailure(
            "%d of %d slow requests did not get status 200: %s, lost %d"
                .formatted(missing, REQUESTS, result.refusals(), result.lost()));
      }
      report.add(
          Goal.atLeast(
              REQUESTS, "requests in flight on a slow upstream server", result.maxInFlight()));
      addPeakMemoryGoals(relay);
    }
  }

  private void addPeakMemoryGoals(BenchRelay relay) {
    for (String role :
        new String[] {BenchRelay.CLIENT_AGENT, BenchRelay.BROKER, BenchRelay.UPSTREAM_AGENT}) {
      double peak =
          relay.pids().entrySet().stream()
              .filter(each -> each.getKey().startsWith(role))
              .map(Map.Entry::getValue)
              .map(pid -> Usage.of(pid).peakBytes() / 1048576.0)
              .max(Comparator.naturalOrder())
              .orElseThrow();
      bench.report().add(Goal.atMost(400, "peak MiB of the " + role + " with slow requests", peak));
    }
  }
}
