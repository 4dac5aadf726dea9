package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import io.github.httplongcut.bench.Wrk.Load;
import io.github.httplongcut.testkit.RabbitMqNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Measures the relay at three times its sustainable load. Requests that are admitted must be served
 * as fast as at 80 % of that load.
 */
final class OverloadPart {

  /** Default capacity of an upstream agent. */
  private static final int CAPACITY = 100;

  /**
   * A case to measure.
   *
   * @param name the bottleneck, and the relay's configuration
   * @param path path of the requests
   * @param settings the relay's settings
   */
  private record Scenario(String name, String path, String settings) {}

  /** A short waiting room. By default the broker lets requests wait instead of refusing them. */
  private static final String SHORT_WAITS = "longcut.broker.max-waiting = " + CAPACITY;

  private static final List<Scenario> SCENARIOS =
      List.of(
          new Scenario("processors", NginxServer.SMALL, ""),
          new Scenario("processors, short waits", NginxServer.SMALL, SHORT_WAITS),
          new Scenario("slow server", NginxServer.LATE, ""),
          new Scenario("slow server, short waits", NginxServer.LATE, SHORT_WAITS));

  private static final int CONNECTIONS = 4_000;
  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(35);
  private static final double NORMAL_LOAD = 0.8;
  private static final double OVERLOAD = 3;

  /** Largest share of refused or lost requests at a sustainable load. */
  private static final double MAX_REFUSED = 0.001;

  /** Number of equal steps by which the load grows to the result of {@link #maxPerSecond}. */
  private static final int STEPS = 10;

  /** Limit on the steps. The relay may sustain more than wrk gets, since wrk is closed-loop. */
  private static final int MAX_STEPS = 3 * STEPS;

  /** Tries per load, since JIT compilation may slow down the first one. */
  private static final int TRIES = 2;

  /**
   * Time within which the last response must come at a sustainable load, as a multiple of the time
   * for which requests are sent. If it comes later, requests pile up.
   */
  private static final double MAX_TIME_RATIO = 1.05;

  /** Pause after an overload, before the normal load. */
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  private final Bench bench;

  OverloadPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbit = bench.startRabbitMq("rabbitmq")) {
      for (Scenario scene : SCENARIOS) {
        run(scene, nginx, rabbit);
      }
    }
  }

  private void run(Scenario scene, NginxServer nginx, RabbitMqNode rabbit) {
    bench.say("bottleneck: " + scene.name());
    String prefix = "overload %d ".formatted(SCENARIOS.indexOf(scene) + 1);
    BenchRelay.Plan plan =
        new BenchRelay.Plan(bench.home(), prefix, 1, List.of(nginx.url()), scene.settings());
    try (BenchRelay relay = BenchRelay.start(plan, rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, 64));
      double sustainable = sustainable(scene, relay);
      Flood.run(plan(scene, relay, OVERLOAD * sustainable)); // warms up the code that refuses
      Children.pause(RECOVERY);
      Flood.Result normal = flood(scene, "80 %", relay, NORMAL_LOAD * sustainable);
      Flood.Result overload = flood(scene, "x3", relay, OVERLOAD * sustainable);
      ResponseCheck.check(bench.report(), relay, nginx, CAPACITY);
      bench
          .report()
          .add(
              Goal.atMost(
                  3,
                  "p99 of admitted requests at 3x load / at 80 %: " + scene.name(),
                  overload.answered().percentile(0.99) / normal.answered().percentile(0.99)));
    }
  }

  /**
   * Returns the sustainable load in requests per second: almost nothing is refused, and requests do
   * not pile up. Increases the load in steps of a tenth of {@link #maxPerSecond}. The result may be
   * below that maximum, since requests at random times cost more than those of wrk; or above it,
   * since wrk is limited by its connections.
   */
  private double sustainable(Scenario scene, BenchRelay relay) {
    double tenth = maxPerSecond(scene, relay) / STEPS;
    double sustainable = tenth;
    int steps = scene.path().equals(NginxServer.LATE) ? STEPS : MAX_STEPS;
    for (int step = 2; step <= steps; step++) {
      double perSecond = tenth * step;
      if (IntStream.range(0, TRIES).noneMatch(i -> isSustainable(scene, relay, perSecond))) {
        break;
      }
      sustainable = perSecond;
    }
    bench.say("sustainable load: %.0f/s".formatted(sustainable));
    return sustainable;
  }

  private boolean isSustainable(Scenario scene, BenchRelay relay, double perSecond) {
    Flood.Result result = Flood.run(plan(scene, relay, perSecond));
    bench.say(
        "%.0f/s: p99 %.0f ms, %d refused, in %.1f s"
            .formatted(
                perSecond,
                result.answered().percentile(0.99) / 1000,
                result.refused().count(),
                result.seconds()));
    return result.refused().count() + result.lost() <= MAX_REFUSED * perSecond * bench.seconds()
        && result.seconds() <= MAX_TIME_RATIO * bench.seconds();
  }

  /**
   * Returns the requests/s that wrk gets; for a slow server, the requests/s that the upstream
   * agent's capacity allows.
   */
  private double maxPerSecond(Scenario scene, BenchRelay relay) {
    if (scene.path().equals(NginxServer.LATE)) {
      return CAPACITY * 1000.0 / NginxServer.LATE_DELAY.toMillis();
    }
    Wrk.Result result = bench.wrk().run(relay.url(), Load.get(scene.path(), 256), bench.seconds());
    double answered = (double) (result.requests() - result.wrong()) / result.requests();
    double perSecond = answered * result.perSecond();
    bench.say("wrk gets %.0f/s with 256 connections".formatted(perSecond));
    return perSecond;
  }

  private Flood.Plan plan(Scenario scene, BenchRelay relay, double perSecond) {
    int requests = (int) (perSecond * bench.seconds());
    return new Flood.Plan(
        relay.port(), scene.path(), perSecond, requests, CONNECTIONS, RESPONSE_TIMEOUT);
  }

  private Flood.Result flood(Scenario scene, String load, BenchRelay relay, double perSecond) {
    Flood.Result result = Flood.run(plan(scene, relay, perSecond));
    bench.say(
        ("%s, %.0f/s: statuses %s %s, p99 %.0f ms (200) and %.0f ms (others), lost %d, at most %d in"
                + " flight")
            .formatted(
                load,
                perSecond,
                result.statuses(),
                result.refusals(),
                result.answered().percentile(0.99) / 1000,
                result.refused().percentile(0.99) / 1000,
                result.lost(),
                result.maxInFlight()));
    long errors =
        result.lost()
            + result.statuses().entrySet().stream()
                .filter(each -> !Set.of(200, 503).contains(each.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    String name = "%s: %s".formatted(scene.name(), load);
    add(name + ", 200", result.answered(), result.seconds(), errors);
    add(name + ", not 200", result.refused(), result.seconds(), 0);
    return result;
  }

  private void add(String name, Flood.Latencies latencies, double seconds, long errors) {
    bench
        .report()
        .add(
            new Row(
                name,
                latencies.count() / seconds,
                new Latency(
                    latencies.percentile(0.5),
                    latencies.percentile(0.9),
                    latencies.percentile(0.99)),
                errors,
                Map.of(),
                new Messages(0, 0)));
  }
}
