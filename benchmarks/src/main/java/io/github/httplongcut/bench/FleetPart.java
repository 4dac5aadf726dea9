package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Wrk.Load;
import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Compares the cost of a request with 1,000 upstream agents for 200 targets to its cost with one
 * agent. One process simulates all agents of a relay. The two relays are measured in turn.
 *
 * <p>A thousand agents also load the relay without any request: they send 500 heartbeats a second.
 * This idle load is measured separately and subtracted. What remains is the number of AMQP messages
 * per request and the cost of each. There are more messages if concurrent requests are for
 * different targets and agents.
 */
final class FleetPart {

  /**
   * Load without requests.
   *
   * @param cpuMicros CPU time of the relay and RabbitMQ per second
   * @param messages that RabbitMQ receives per second
   */
  private record IdleLoad(double cpuMicros, double messages) {

    String describe() {
      return "%.1f %% of a core, %.0f messages/s".formatted(cpuMicros / 1e4, messages);
    }
  }

  /** CPU microseconds and AMQP messages per request, without the idle load. */
  private record RequestCost(double cpuMicros, double messages) {

    static RequestCost of(Row row, IdleLoad idle) {
      return new RequestCost(
          countedMicros(row) - idle.cpuMicros / row.perSecond(),
          row.messages().rabbitmq() - idle.messages / row.perSecond());
    }

    String describe() {
      return "%.0f µs of CPU for %.2f messages, %.0f µs each"
          .formatted(cpuMicros, messages, cpuMicros / messages);
    }
  }

  /** Processes whose CPU time counts. The simulated agents and wrk do not belong to the relay. */
  private static final List<String> COUNTED_PROCESSES =
      List.of(BenchRelay.BROKER, BenchRelay.CLIENT_AGENT, "rabbitmq");

  private static final int AGENTS = 1_000;
  private static final int TARGETS = 200;
  private static final List<Integer> CONNECTIONS = List.of(1, 64);

  /** Pause after a load, in which confirms, acks and JIT compilation end. */
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private static final int MIN_IDLE_SECONDS = 10;
  private static final Pattern READY = Pattern.compile("^ready");

  private final Bench bench;

  FleetPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say(
        "%d simulated upstream agents for %d targets, compared with one agent"
            .formatted(AGENTS, TARGETS));
    try (RabbitMqNode rabbitOne = bench.startRabbitMq("rabbitmq-one");
        RabbitMqNode rabbitMany = bench.startRabbitMq("rabbitmq-many");
        BenchRelay one = BenchRelay.start(plan("one "), rabbitOne, bench.logs());
        BenchRelay many = BenchRelay.start(plan("many "), rabbitMany, bench.logs());
        ChildProcess single = fleet("fleet-one", rabbitOne, 1, 1);
        ChildProcess fleet = fleet("fleet-many", rabbitMany, AGENTS, TARGETS)) {
      List<Step> steps = new ArrayList<>();
      for (int connections : CONNECTIONS) {
        steps.add(step("1 agent, 1 target, " + connections, one, single, connections, 1));
        steps.add(
            step("1,000 agents, 200 targets, " + connections, many, fleet, connections, TARGETS));
      }
      warmUp(one, 1);
      warmUp(many, TARGETS);
      IdleLoad idleOne = idleLoad(one);
      IdleLoad idleMany = idleLoad(many);
      bench
          .report()
          .note(
              "without requests: with one agent %s; with 1,000 %s"
                  .formatted(idleOne.describe(), idleMany.describe()));
      for (int round = 1; round <= bench.rounds(); round++) {
        steps.forEach(step -> step.run(bench));
      }
      steps.forEach(step -> bench.report().add(step.row()));
      for (int i = 0; i < CONNECTIONS.size(); i++) {
        compare(
            RequestCost.of(steps.get(2 * i).row(), idleOne),
            RequestCost.of(steps.get(2 * i + 1).row(), idleMany),
            CONNECTIONS.get(i));
      }
    }
  }

  /** Measures the load of a relay without requests. */
  private IdleLoad idleLoad(BenchRelay relay) {
    long published = relay.countedByRabbitMq();
    long publishedAt = System.nanoTime();
    Children.pause(SETTLE);
    double cpuSeconds = cpuSeconds(relay);
    long from = System.nanoTime();
    Children.pause(Duration.ofSeconds(Math.max(MIN_IDLE_SECONDS, bench.seconds())));
    double used = (cpuSeconds(relay) - cpuSeconds) * 1e15 / (System.nanoTime() - from);
    double messages = relay.countedByRabbitMq() - published;
    return new IdleLoad(used, messages * 1e9 / (System.nanoTime() - publishedAt));
  }

  private static double cpuSeconds(BenchRelay relay) {
    return COUNTED_PROCESSES.stream()
        .mapToDouble(name -> Usage.of(relay.pids().get(name)).cpuSeconds())
        .sum();
  }

  private void compare(RequestCost one, RequestCost many, int connections) {
    bench
        .report()
        .note(
            "per request at %d connections: with one agent %s; with 1,000 %s"
                .formatted(connections, one.describe(), many.describe()));
    bench
        .report()
        .add(
            Goal.atMost(
                1.1,
                "CPU per request with 1,000 agents / with one, at " + connections,
                many.cpuMicros / one.cpuMicros));
  }

  private BenchRelay.Plan plan(String name) {
    StringBuilder routes = new StringBuilder("longcut.client-agent.routes = [\n");
    for (int i = 0; i < TARGETS; i++) {
      routes.append("  { path = \"/t%1$d\", upstream-target = t%1$d }%n".formatted(i));
    }
    return new BenchRelay.Plan(bench.home(), name, 1, List.of(), routes.append("]\n").toString());
  }

  private ChildProcess fleet(String name, RabbitMqNode rabbit, int agents, int targets) {
    List<String> command = new ArrayList<>(JavaCommand.of(Fleet.class.getName()));
    command.add(rabbit.amqpUri(RabbitMqUser.UPSTREAM_AGENT).toString());
    command.add(Integer.toString(agents));
    command.add(Integer.toString(targets));
    ChildProcess child = Children.start(bench.logs(), name, command);
    child.awaitOutput(READY, Children.START_TIMEOUT);
    return child;
  }

  private static Step step(
      String name, BenchRelay relay, ChildProcess fleet, int connections, int targets) {
    return Step.relayed(
        name, relay, Map.of("fleet", fleet.pid()), new Load("GET", "/", 0, connections, targets));
  }

  private void warmUp(BenchRelay relay, int targets) {
    bench.warmUp(relay.url(), new Load("GET", "/", 0, 64, targets));
  }

  private static double countedMicros(Row row) {
    return COUNTED_PROCESSES.stream()
        .mapToDouble(name -> row.processes().get(name).cpuMicros())
        .sum();
  }
}
