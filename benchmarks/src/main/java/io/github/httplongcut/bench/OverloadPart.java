package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import io.github.httplongcut.bench.Wrk.Load;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** Three times what the system carries: who is admitted must be served as well as ever. */
final class OverloadPart {

  private static final int CONNECTIONS = 4_000;
  private static final Duration PATIENCE = Duration.ofSeconds(35);
  private static final double CALM = 0.8;
  private static final double OVERLOAD = 3;

  /** What is refused at the most of a load that counts as carried. */
  private static final double REFUSED = 0.001;

  private static final int STEPS = 10;

  /** After an overload, before what is to be a calm load. */
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  private final Bench bench;

  OverloadPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    try (Nginx nginx = Nginx.start(bench.logs());
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq");
        Relay relay =
            Relay.start(Relay.Plan.of(bench.home(), "", nginx.url()), rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Load.get(Nginx.SMALL, 64));
      double carried = carried(relay);
      Flood.Result calm = flood(relay, "80 % of that", CALM * carried);
      Flood.Result over = flood(relay, "three times that", OVERLOAD * carried);
      Probe.check(bench.report(), relay, nginx);
      bench
          .report()
          .add(
              Goal.atMost(
                  3,
                  "p99 of the admitted at three times the load, of that at 80 %",
                  over.percentile(0.99) / calm.percentile(0.99)));
    }
  }

  /**
   * Requests/s up to which next to nothing is refused, in tenths of what wrk gets. Less than that:
   * these requests come at random and not when others are answered, and take more of the machine.
   */
  private double carried(Relay relay) {
    double most =
        bench.wrk().run(relay.url(), Load.get(Nginx.SMALL, 256), bench.seconds()).perSecond();
    bench.say("wrk gets %.0f/s with 256 connections".formatted(most));
    double carried = most / STEPS;
    for (int step = 2; step <= STEPS; step++) {
      double perSecond = most * step / STEPS;
      Flood.Result result = Flood.run(plan(relay, perSecond));
      long refused =
          result.statuses().values().stream().mapToLong(each -> each).sum()
              - result.answered().size();
      bench.say(
          "%.0f/s: p99 %.0f ms, %d refused"
              .formatted(perSecond, result.percentile(0.99) / 1000, refused));
      if (refused + result.lost() > REFUSED * perSecond * bench.seconds()) {
        break;
      }
      carried = perSecond;
    }
    bench.say("it carries %.0f/s".formatted(carried));
    Child.pause(RECOVERY);
    return carried;
  }

  private Flood.Plan plan(Relay relay, double perSecond) {
    int requests = (int) (perSecond * bench.seconds());
    return new Flood.Plan(relay.port(), Nginx.SMALL, perSecond, requests, CONNECTIONS, PATIENCE);
  }

  private Flood.Result flood(Relay relay, String name, double perSecond) {
    Flood.Result result = Flood.run(plan(relay, perSecond));
    bench.say(
        "%s, %.0f/s: statuses %s, lost %d, most under way %d"
            .formatted(name, perSecond, result.statuses(), result.lost(), result.mostUnderWay()));
    long errors =
        result.lost()
            + result.statuses().entrySet().stream()
                .filter(each -> !Set.of(200, 503).contains(each.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    bench
        .report()
        .add(
            new Row(
                name + ", admitted",
                result.answered().size() / result.seconds(),
                new Latency(
                    result.percentile(0.5), result.percentile(0.9), result.percentile(0.99)),
                errors,
                Map.of(),
                new Messages(0, 0)));
    return result;
  }
}
