package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** 10,000 requests in flight on an upstream server that takes five seconds for each. */
final class SlowPart {

  private static final int REQUESTS = 10_000;

  /** All of them are under way before the first is answered. */
  private static final double PER_SECOND = REQUESTS / (NginxServer.SLOWNESS.toSeconds() - 1.0);

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  /** One holds less than 2,000, RabbitMQ's prefetch; batches do not go to all of them alike. */
  private static final int BROKERS = 7;

  /**
   * Besides what bounds how much may be under way, how long brokers may take to ack it: 2,500
   * requests a second on two processors for ten JVMs are a burst that callers want to see through.
   */
  private static final String RAISED =
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
    bench.say("%d requests in flight on an upstream server that takes 5 s".formatted(REQUESTS));
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-slow");
        BenchRelay relay =
            BenchRelay.start(
                new BenchRelay.Plan(bench.home(), "slow ", BROKERS, List.of(nginx.url()), RAISED),
                rabbit,
                bench.logs())) {
      bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, 64));
      Flood.Result result =
          Flood.run(
              new Flood.Plan(
                  relay.port(), NginxServer.SLOW, PER_SECOND, REQUESTS, REQUESTS, PATIENCE));
      bench.say(
          "statuses %s %s, lost %d, most under way %d, p50 %.0f ms, p99 %.0f ms"
              .formatted(
                  result.statuses(),
                  result.refusals(),
                  result.lost(),
                  result.mostUnderWay(),
                  result.answered().percentile(0.5) / 1000,
                  result.answered().percentile(0.99) / 1000));
      BenchReport report = bench.report();
      int missing = REQUESTS - result.answered().count();
      if (missing > 0) {
        report.wrong(
            "%d of %d slow requests were not answered: %s, lost %d"
                .formatted(missing, REQUESTS, result.refusals(), result.lost()));
      }
      report.add(
          Goal.atLeast(
              REQUESTS, "requests in flight on a slow upstream server", result.mostUnderWay()));
      peaks(relay);
    }
  }

  private void peaks(BenchRelay relay) {
    for (String role :
        new String[] {BenchRelay.CLIENT_AGENT, BenchRelay.BROKER, BenchRelay.UPSTREAM_AGENT}) {
      double peak =
          relay.pids().entrySet().stream()
              .filter(each -> each.getKey().startsWith(role))
              .map(Map.Entry::getValue)
              .map(pid -> Usage.of(pid).peakBytes() / 1048576.0)
              .max(Comparator.naturalOrder())
              .orElseThrow();
      bench.report().add(Goal.atMost(400, "peak MiB of the " + role + " with them", peak));
    }
  }
}
