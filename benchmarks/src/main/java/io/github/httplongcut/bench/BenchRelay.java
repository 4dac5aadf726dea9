package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.RelayProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One relay, with each role as a separate process. The launcher of a checkout starts the processes,
 * with its own Java options and default settings.
 */
final class BenchRelay implements AutoCloseable {

  static final String TARGET = "bench";

  static final String CLIENT_AGENT = "client-agent";
  static final String BROKER = "broker";
  static final String UPSTREAM_AGENT = "upstream-agent";

  /**
   * The processes to start.
   *
   * @param home the checkout whose launcher starts the processes
   * @param name prefix of the processes' log file names; may be empty
   * @param brokers number of brokers
   * @param upstreams base URL of the upstream server, one per upstream agent
   * @param settings additional settings for every role, in the format of a config file
   */
  record Plan(Path home, String name, int brokers, List<String> upstreams, String settings) {

    static Plan of(Path home, String name, String upstream) {
      return new Plan(home, name, 1, List.of(upstream), "");
    }
  }

  /**
   * Erlang expression for the number of messages that clients have published so far. RabbitMQ
   * updates these counters at each publish; the figures of the management API are up to five
   * seconds old.
   */
  private static final String PUBLISHED =
      "lists:sum([maps:get(messages_received_total, C, 0)"
          + " || {_, C} <- maps:to_list(rabbit_global_counters:overview())]).";

  private final Plan plan;
  private final RabbitMqNode rabbit;
  private final Path logs;
  private final Deque<RelayProcess> processes = new ArrayDeque<>();
  private final Map<String, Long> pids = new LinkedHashMap<>();
  private int port;

  private BenchRelay(Plan plan, RabbitMqNode rabbit, Path logs) {
    this.plan = plan;
    this.rabbit = rabbit;
    this.logs = logs;
  }

  /** Starts a relay and waits until each process is ready. */
  static BenchRelay start(Plan plan, RabbitMqNode rabbit, Path logs) {
    BenchRelay relay = new BenchRelay(plan, rabbit, logs);
    try {
      relay.startAll();
      return relay;
    } catch (RuntimeException e) {
      relay.close();
      throw e;
    }
  }

  private void startAll() {
    try {
      Files.writeString(config(), plan.settings());
    } catch (IOException e) {
      throw new BenchException("cannot write " + config(), e);
    }
    for (int i = 1; i <= plan.brokers(); i++) {
      String name = plan.brokers() == 1 ? BROKER : BROKER + "-" + i;
      startRole(RabbitMqUser.BROKER, name, List.of());
    }
    int agents = 0;
    for (String url : plan.upstreams()) {
      agents++;
      String name = plan.upstreams().size() == 1 ? UPSTREAM_AGENT : UPSTREAM_AGENT + "-" + agents;
      startRole(RabbitMqUser.UPSTREAM_AGENT, name, List.of("--target", TARGET + "=" + url));
    }
    RelayProcess clientAgent =
        startRole(
            RabbitMqUser.CLIENT_AGENT,
            CLIENT_AGENT,
            List.of("--port", "0", "--upstream-target", TARGET));
    processes.forEach(RelayProcess::awaitReady);
    port = clientAgent.port("http_listening");
    pids.put("rabbitmq", rabbit.pid());
  }

  private Path config() {
    return logs.resolve(plan.name() + "relay.conf");
  }

  private RelayProcess startRole(RabbitMqUser user, String name, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(plan.home().resolve("longcut").toString());
    command.add(user.login()); // the role has the name of its user
    command.addAll(RelayProcess.options(name, rabbit.amqpUri(user)));
    command.addAll(List.of("--config", config().toString()));
    command.addAll(options);
    RelayProcess process = new RelayProcess(Children.start(logs, plan.name() + name, command));
    processes.push(process);
    pids.put(name, process.pid());
    return process;
  }

  /** Returns the client agent's URL for callers. */
  String url() {
    return "http://127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  /** Returns the pids of the relay's processes and of RabbitMQ, by process name. */
  Map<String, Long> pids() {
    return Map.copyOf(pids);
  }

  /** Returns the number of messages that all clients have published, as counted by RabbitMQ. */
  long countedByRabbitMq() {
    return Long.parseLong(rabbit.ctl("eval", PUBLISHED).strip());
  }

  /** Returns the number of AMQP messages published so far, from the processes' own metrics. */
  long published() {
    return processes.stream()
        .mapToLong(process -> (long) process.metric("longcut_amqp_messages_published_total"))
        .sum();
  }

  /** Stops the processes in reverse order of their start, which is the direction of a request. */
  @Override
  public void close() {
    while (!processes.isEmpty()) {
      processes.pop().close();
    }
  }
}
