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
      Wrk.Result carried =
          bench.wrk().run(relay.url(), Load.get(Nginx.SMALL, 256), bench.seconds());
      bench.say("it carries %.0f/s".formatted(carried.perSecond()));
      Flood.Result calm = flood(relay, "80 % of that", CALM * carried.perSecond());
      Flood.Result over = flood(relay, "three times that", OVERLOAD * carried.perSecond());
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

  private Flood.Result flood(Relay relay, String name, double perSecond) {
    int requests = (int) (perSecond * bench.seconds());
    Flood.Result result =
        Flood.run(
            new Flood.Plan(relay.port(), Nginx.SMALL, perSecond, requests, CONNECTIONS, PATIENCE));
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
