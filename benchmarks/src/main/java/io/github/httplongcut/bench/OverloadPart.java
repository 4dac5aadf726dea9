package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import io.github.httplongcut.bench.Wrk.Load;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Three times what the system carries: who is admitted must be served as well as ever. */
final class OverloadPart {

  /** How many requests an upstream agent runs at one time, by default. */
  private static final int CAPACITY = 100;

  /**
   * What is too much for what.
   *
   * @param name what sets the limit, and how the relay is configured
   * @param path what is asked for
   * @param settings of the relay
   */
  private record Scene(String name, String path, String settings) {}

  /** By default callers rather wait than be refused. */
  private static final String SHORT_WAITS = "longcut.broker.max-waiting = " + CAPACITY;

  private static final List<Scene> SCENES =
      List.of(
          new Scene("processors", NginxServer.SMALL, ""),
          new Scene("processors, short waits", NginxServer.SMALL, SHORT_WAITS),
          new Scene("slow server", NginxServer.LATE, ""),
          new Scene("slow server, short waits", NginxServer.LATE, SHORT_WAITS));

  private static final int CONNECTIONS = 4_000;
  private static final Duration PATIENCE = Duration.ofSeconds(35);
  private static final double CALM = 0.8;
  private static final double OVERLOAD = 3;

  /** What is refused at the most of a load that counts as carried. */
  private static final double REFUSED = 0.001;

  /** Loads are tried in tenths of what the server has time for, or of what wrk gets. */
  private static final int STEPS = 10;

  /** wrk waits for its answers: a relay may carry more than that, but not so much. */
  private static final int MOST_STEPS = 3 * STEPS;

  /** The first time Java may have compiled what is new to it. */
  private static final int TRIES = 2;

  /** A load of so many seconds that is answered only after so many times that is not carried. */
  private static final double PILED_UP = 1.05;

  /** After an overload, before what is to be a calm load. */
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  private final Bench bench;

  OverloadPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq")) {
      for (Scene scene : SCENES) {
        run(scene, nginx, rabbit);
      }
    }
  }

  private void run(Scene scene, NginxServer nginx, RabbitNode rabbit) {
    bench.say("what sets the limit: " + scene.name());
    String prefix = "overload %d ".formatted(SCENES.indexOf(scene) + 1);
    BenchRelay.Plan plan =
        new BenchRelay.Plan(bench.home(), prefix, 1, List.of(nginx.url()), scene.settings());
    try (BenchRelay relay = BenchRelay.start(plan, rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, 64));
      double carried = carried(scene, relay);
      Flood.run(plan(scene, relay, OVERLOAD * carried)); // refusing is new to Java
      Child.pause(RECOVERY);
      Flood.Result calm = flood(scene, "80 %", relay, CALM * carried);
      Flood.Result over = flood(scene, "x3", relay, OVERLOAD * carried);
      AnswerProbe.check(bench.report(), relay, nginx, CAPACITY);
      bench
          .report()
          .add(
              Goal.atMost(
                  3,
                  "p99 of the admitted at three times the load, of that at 80 %: " + scene.name(),
                  over.answered().percentile(0.99) / calm.answered().percentile(0.99)));
    }
  }

  /**
   * Requests/s up to which next to nothing is refused and nothing piles up, in tenths of what the
   * server, or wrk, can at the most. wrk gets no more than its connections carry, and requests that
   * come at random and not when others are answered take more of the machine: so it may be more
   * than ten tenths, or less.
   */
  private double carried(Scene scene, BenchRelay relay) {
    double tenth = most(scene, relay) / STEPS;
    double carried = tenth;
    int steps = scene.path().equals(NginxServer.LATE) ? STEPS : MOST_STEPS;
    for (int step = 2; step <= steps; step++) {
      double perSecond = tenth * step;
      if (IntStream.range(0, TRIES).noneMatch(i -> isCarried(scene, relay, perSecond))) {
        break;
      }
      carried = perSecond;
    }
    bench.say("it carries %.0f/s".formatted(carried));
    return carried;
  }

  private boolean isCarried(Scene scene, BenchRelay relay, double perSecond) {
    Flood.Result result = Flood.run(plan(scene, relay, perSecond));
    bench.say(
        "%.0f/s: p99 %.0f ms, %d refused, in %.1f s"
            .formatted(
                perSecond,
                result.answered().percentile(0.99) / 1000,
                result.refused().count(),
                result.seconds()));
    return result.refused().count() + result.lost() <= REFUSED * perSecond * bench.seconds()
        && result.seconds() <= PILED_UP * bench.seconds();
  }

  /** What wrk gets, or what the server has time for. */
  private double most(Scene scene, BenchRelay relay) {
    if (scene.path().equals(NginxServer.LATE)) {
      return CAPACITY * 1000.0 / NginxServer.LATENESS.toMillis();
    }
    Wrk.Result result = bench.wrk().run(relay.url(), Load.get(scene.path(), 256), bench.seconds());
    double answered = (double) (result.requests() - result.wrong()) / result.requests();
    double most = answered * result.perSecond();
    bench.say("wrk gets %.0f/s with 256 connections".formatted(most));
    return most;
  }

  private Flood.Plan plan(Scene scene, BenchRelay relay, double perSecond) {
    int requests = (int) (perSecond * bench.seconds());
    return new Flood.Plan(relay.port(), scene.path(), perSecond, requests, CONNECTIONS, PATIENCE);
  }

  private Flood.Result flood(Scene scene, String load, BenchRelay relay, double perSecond) {
    Flood.Result result = Flood.run(plan(scene, relay, perSecond));
    bench.say(
        "%s, %.0f/s: statuses %s %s, p99 %.0f and %.0f ms, lost %d, most under way %d"
            .formatted(
                load,
                perSecond,
                result.statuses(),
                result.refusals(),
                result.answered().percentile(0.99) / 1000,
                result.refused().percentile(0.99) / 1000,
                result.lost(),
                result.mostUnderWay()));
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
