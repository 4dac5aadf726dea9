package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import io.github.httplongcut.testkit.RabbitMqNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Measures throughput with more brokers and upstream agents, on the same machine. */
final class ScalePart {

  /** Numbers of brokers and upstream agents. */
  private record Size(int brokers, int agents) {

    String describe() {
      return "%d broker%s, %d agent%s"
          .formatted(brokers, brokers == 1 ? "" : "s", agents, agents == 1 ? "" : "s");
    }
  }

  private static final List<Size> SIZES =
      List.of(new Size(1, 1), new Size(2, 1), new Size(1, 2), new Size(2, 2));

  private static final int CONNECTIONS = 64;

  private final Bench bench;

  ScalePart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say("more brokers and upstream agents");
    for (Size size : SIZES) {
      try (NginxServer nginx = NginxServer.start(bench.logs());
          RabbitMqNode rabbit = bench.startRabbitMq(name(size));
          BenchRelay relay = BenchRelay.start(plan(size, nginx), rabbit, bench.logs())) {
        bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, CONNECTIONS));
        List<Step> steps = new ArrayList<>();
        for (int connections : new int[] {CONNECTIONS, 4 * CONNECTIONS}) {
          String name = size.describe() + ", " + connections;
          Map<String, Long> upstream = Map.of("nginx", nginx.pid());
          steps.add(Step.relayed(name, relay, upstream, Load.get(NginxServer.SMALL, connections)));
        }
        for (int round = 1; round <= bench.rounds(); round++) {
          steps.forEach(step -> step.run(bench));
        }
        steps.forEach(step -> bench.report().add(step.row()));
      }
    }
  }

  private static String name(Size size) {
    return "rabbitmq-%d-%d".formatted(size.brokers, size.agents);
  }

  private BenchRelay.Plan plan(Size size, NginxServer nginx) {
    return new BenchRelay.Plan(
        bench.home(),
        "%d-%d ".formatted(size.brokers, size.agents),
        size.brokers,
        Collections.nCopies(size.agents, nginx.url()),
        "");
  }
}
