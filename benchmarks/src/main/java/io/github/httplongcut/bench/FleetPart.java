package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a request costs with 1,000 upstream agents for 200 targets, beside what it costs with one.
 * The agents are simulated, one process each time; two relays are measured by turns.
 *
 * <p>A thousand agents cost something while nobody asks: 500 heartbeats a second. That is measured
 * by itself and is no request's cost. What is left are the AMQP messages of a request, of which
 * there are more where requests at the same time are for different targets and agents, and the cost
 * of each.
 */
final class FleetPart {

  /**
   * What happens while nobody asks.
   *
   * @param cpuMicros of the relay and RabbitMQ in a second
   * @param messages that RabbitMQ gets in a second
   */
  private record Standing(double cpuMicros, double messages) {

    String describe() {
      return "%.1f %% of a core, %.0f messages/s".formatted(cpuMicros / 1e4, messages);
    }
  }

  /** What a request costs beyond that: microseconds of CPU, and AMQP messages. */
  private record Price(double cpuMicros, double messages) {

    static Price of(Row row, Standing standing) {
      return new Price(
          cost(row) - standing.cpuMicros / row.perSecond(),
          row.messages().rabbitmq() - standing.messages / row.perSecond());
    }

    String describe() {
      return "%.0f µs of CPU for %.2f messages, %.0f each"
          .formatted(cpuMicros, messages, cpuMicros / messages);
    }
  }

  private static final List<String> COUNTED =
      List.of(BenchRelay.BROKER, BenchRelay.CLIENT_AGENT, "rabbitmq");

  private static final int AGENTS = 1_000;
  private static final int TARGETS = 200;
  private static final List<Integer> CONNECTIONS = List.of(1, 64);

  /** After a load, before what idles is measured: confirms, acks and compilers end. */
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private static final int LEAST_SECONDS = 10;

  private final Bench bench;

  FleetPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say("%d simulated upstream agents for %d targets, and one".formatted(AGENTS, TARGETS));
    try (RabbitNode rabbitOne = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-one");
        RabbitNode rabbitMany = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-many");
        BenchRelay one = BenchRelay.start(plan("one "), rabbitOne, bench.logs());
        BenchRelay many = BenchRelay.start(plan("many "), rabbitMany, bench.logs());
        Child single = fleet("fleet-one", rabbitOne, 1, 1);
        Child fleet = fleet("fleet-many", rabbitMany, AGENTS, TARGETS)) {
      List<Step> steps = new ArrayList<>();
      for (int connections : CONNECTIONS) {
        steps.add(step("1 agent, 1 target, " + connections, one, single, connections, 1));
        steps.add(
            step("1,000 agents, 200 targets, " + connections, many, fleet, connections, TARGETS));
      }
      warmUp(one, 1);
      warmUp(many, TARGETS);
      Standing alone = standing(one);
      Standing among = standing(many);
      bench
          .report()
          .note(
              "nobody asks: with one agent %s; with 1,000 %s"
                  .formatted(alone.describe(), among.describe()));
      for (int round = 1; round <= bench.rounds(); round++) {
        steps.forEach(step -> step.run(bench));
      }
      steps.forEach(step -> bench.report().add(step.row()));
      for (int i = 0; i < CONNECTIONS.size(); i++) {
        compare(
            Price.of(steps.get(2 * i).row(), alone),
            Price.of(steps.get(2 * i + 1).row(), among),
            CONNECTIONS.get(i));
      }
    }
  }

  /** Of a relay that nobody asks anything. */
  private Standing standing(BenchRelay relay) {
    long published = relay.rabbit().published();
    long askedAt = System.nanoTime();
    Child.pause(SETTLE);
    double cpuSeconds = cpuSeconds(relay);
    long from = System.nanoTime();
    Child.pause(Duration.ofSeconds(Math.max(LEAST_SECONDS, bench.seconds())));
    double used = (cpuSeconds(relay) - cpuSeconds) * 1e15 / (System.nanoTime() - from);
    double messages = relay.rabbit().published() - published;
    return new Standing(used, messages * 1e9 / (System.nanoTime() - askedAt));
  }

  private static double cpuSeconds(BenchRelay relay) {
    return COUNTED.stream()
        .mapToDouble(name -> Usage.of(relay.pids().get(name)).cpuSeconds())
        .sum();
  }

  private void compare(Price one, Price many, int connections) {
    bench
        .report()
        .note(
            "a request at %d: with one agent %s; with 1,000 %s"
                .formatted(connections, one.describe(), many.describe()));
    bench
        .report()
        .add(
            Goal.atMost(
                1.1,
                "CPU a request with 1,000 agents, of that with one, at " + connections,
                many.cpuMicros / one.cpuMicros));
  }

  private BenchRelay.Plan plan(String name) {
    StringBuilder routes = new StringBuilder("longcut.client-agent.routes = [\n");
    for (int i = 0; i < TARGETS; i++) {
      routes.append("  { path = \"/t%1$d\", upstream-target = t%1$d }%n".formatted(i));
    }
    return new BenchRelay.Plan(bench.home(), name, 1, List.of(), routes.append("]\n").toString());
  }

  private Child fleet(String name, RabbitNode rabbit, int agents, int targets) {
    List<String> command = new ArrayList<>(Java.command(Fleet.class.getName()));
    command.add(rabbit.uri(BenchRelay.UPSTREAM_AGENT));
    command.add(Integer.toString(agents));
    command.add(Integer.toString(targets));
    Child child = Child.start(bench.logs(), name, command);
    child.await(() -> child.output().startsWith("ready") ? "" : null, "being ready");
    return child;
  }

  private static Step step(
      String name, BenchRelay relay, Child fleet, int connections, int targets) {
    return Step.relayed(
        name, relay, Map.of("fleet", fleet.pid()), new Load("GET", "/", 0, connections, targets));
  }

  private void warmUp(BenchRelay relay, int targets) {
    bench.warmUp(relay.url(), new Load("GET", "/", 0, 64, targets));
  }

  /** The simulation and wrk are not the relay's. */
  private static double cost(Row row) {
    return COUNTED.stream().mapToDouble(name -> row.processes().get(name).cpuMicros()).sum();
  }
}
