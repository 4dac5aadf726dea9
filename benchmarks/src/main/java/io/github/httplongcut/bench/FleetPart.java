package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request costs with 1,000 upstream agents for 200 targets, beside what it costs with one.
 * The agents are simulated, one process each time; two relays are measured by turns.
 */
final class FleetPart {

  private static final int AGENTS = 1_000;
  private static final int TARGETS = 200;

  private final Bench bench;

  FleetPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say("%d simulated upstream agents for %d targets, and one".formatted(AGENTS, TARGETS));
    try (RabbitNode rabbitOne = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-one");
        RabbitNode rabbitMany = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-many");
        Relay one = Relay.start(plan("one "), rabbitOne, bench.logs());
        Relay many = Relay.start(plan("many "), rabbitMany, bench.logs());
        Child single = fleet("fleet-one", rabbitOne, 1, 1);
        Child fleet = fleet("fleet-many", rabbitMany, AGENTS, TARGETS)) {
      List<Step> steps = new ArrayList<>();
      for (int connections : new int[] {1, 64}) {
        steps.add(step("1 agent, 1 target, " + connections, one, single, connections, 1));
        steps.add(
            step("1,000 agents, 200 targets, " + connections, many, fleet, connections, TARGETS));
      }
      warmUp(one, 1);
      warmUp(many, TARGETS);
      for (int round = 1; round <= bench.rounds(); round++) {
        steps.forEach(step -> step.run(bench));
      }
      steps.forEach(step -> bench.report().add(step.row()));
      addGoals(steps.get(0).row(), steps.get(1).row(), "1 connection");
      addGoals(steps.get(2).row(), steps.get(3).row(), "64");
    }
  }

  private Relay.Plan plan(String name) {
    StringBuilder routes = new StringBuilder("longcut.client-agent.routes = [\n");
    for (int i = 0; i < TARGETS; i++) {
      routes.append("  { path = \"/t%1$d\", upstream-target = t%1$d }%n".formatted(i));
    }
    return new Relay.Plan(bench.home(), name, 1, Optional.empty(), routes.append("]\n").toString());
  }

  private Child fleet(String name, RabbitNode rabbit, int agents, int targets) {
    List<String> command = new ArrayList<>(Java.command(Fleet.class.getName()));
    command.add(rabbit.uri(Relay.UPSTREAM_AGENT));
    command.add(Integer.toString(agents));
    command.add(Integer.toString(targets));
    Child child = Child.start(bench.logs(), name, command);
    child.await(() -> child.output().startsWith("ready") ? "" : null, "being ready");
    return child;
  }

  private static Step step(String name, Relay relay, Child fleet, int connections, int targets) {
    return Step.relayed(
        name, relay, Map.of("fleet", fleet.pid()), new Load("GET", "/", 0, connections, targets));
  }

  private void warmUp(Relay relay, int targets) {
    bench.warmUp(relay.url(), new Load("GET", "/", 0, 64, targets));
  }

  /** The simulation and wrk are not the relay's. */
  private void addGoals(Row one, Row many, String connections) {
    bench
        .report()
        .add(
            Goal.atMost(
                1.1,
                "CPU a request with 1,000 agents, of that with one, at " + connections,
                cost(many) / cost(one)));
  }

  private static double cost(Row row) {
    return row.processes().get(Relay.BROKER).cpuMicros()
        + row.processes().get(Relay.CLIENT_AGENT).cpuMicros()
        + row.processes().get("rabbitmq").cpuMicros();
  }
}
