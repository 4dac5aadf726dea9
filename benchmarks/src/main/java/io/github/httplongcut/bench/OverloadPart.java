package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import io.github.httplongcut.bench.Wrk.Load;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
          new Scene("processors", Nginx.SMALL, ""),
          new Scene("processors, short waits", Nginx.SMALL, SHORT_WAITS),
          new Scene("slow server", Nginx.LATE, ""),
          new Scene("slow server, short waits", Nginx.LATE, SHORT_WAITS));

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
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq")) {
      for (Scene scene : SCENES) {
        run(scene, nginx, rabbit);
      }
    }
  }

  private void run(Scene scene, Nginx nginx, RabbitNode rabbit) {
    bench.say("what sets the limit: " + scene.name());
    String prefix = "overload %d ".formatted(SCENES.indexOf(scene) + 1);
    Relay.Plan plan =
        new Relay.Plan(bench.home(), prefix, 1, List.of(nginx.url()), scene.settings());
    try (Relay relay = Relay.start(plan, rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Load.get(Nginx.SMALL, 64));
      double carried = carried(scene, relay);
      Flood.Result calm = flood(scene, "80 %", relay, CALM * carried);
      Flood.Result over = flood(scene, "x3", relay, OVERLOAD * carried);
      Probe.check(bench.report(), relay, nginx, CAPACITY);
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
   * Requests/s up to which next to nothing is refused, in tenths of what can be at the most.
   * Requests that come at random and not when others are answered take more of the machine.
   */
  private double carried(Scene scene, Relay relay) {
    double most = most(scene, relay);
    double carried = most / STEPS;
    for (int step = 2; step <= STEPS; step++) {
      double perSecond = most * step / STEPS;
      Flood.Result result = Flood.run(plan(scene, relay, perSecond));
      bench.say(
          "%.0f/s: p99 %.0f ms, %d refused"
              .formatted(
                  perSecond, result.answered().percentile(0.99) / 1000, result.refused().count()));
      if (result.refused().count() + result.lost() > REFUSED * perSecond * bench.seconds()) {
        break;
      }
      carried = perSecond;
    }
    bench.say("it carries %.0f/s".formatted(carried));
    Child.pause(RECOVERY);
    return carried;
  }

  /** What wrk gets, or what the server has time for. */
  private double most(Scene scene, Relay relay) {
    if (scene.path().equals(Nginx.LATE)) {
      return CAPACITY * 1000.0 / Nginx.LATENESS.toMillis();
    }
    Wrk.Result result = bench.wrk().run(relay.url(), Load.get(scene.path(), 256), bench.seconds());
    double answered = (double) (result.requests() - result.wrong()) / result.requests();
    double most = answered * result.perSecond();
    bench.say("wrk gets %.0f/s with 256 connections".formatted(most));
    return most;
  }

  private Flood.Plan plan(Scene scene, Relay relay, double perSecond) {
    int requests = (int) (perSecond * bench.seconds());
    return new Flood.Plan(relay.port(), scene.path(), perSecond, requests, CONNECTIONS, PATIENCE);
  }

  private Flood.Result flood(Scene scene, String load, Relay relay, double perSecond) {
    Flood.Result result = Flood.run(plan(scene, relay, perSecond));
    bench.say(
        "%s, %.0f/s: statuses %s %s, lost %d, most under way %d"
            .formatted(
                load,
                perSecond,
                result.statuses(),
                result.refusals(),
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
