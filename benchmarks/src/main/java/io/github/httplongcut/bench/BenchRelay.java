package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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

  private final Deque<Child> children = new ArrayDeque<>();
  private final Map<String, Long> pids = new LinkedHashMap<>();
  private final List<Integer> adminPorts = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final RabbitMqNode rabbit;
  private int port;

  private BenchRelay(RabbitMqNode rabbit) {
    this.rabbit = rabbit;
  }

  /** Starts a relay and waits until each process is ready. */
  static BenchRelay start(Plan plan, RabbitMqNode rabbit, Path logs) {
    BenchRelay relay = new BenchRelay(rabbit);
    try {
      relay.startAll(plan, logs);
      return relay;
    } catch (RuntimeException e) {
      relay.close();
      throw e;
    }
  }

  private void startAll(Plan plan, Path logs) {
    Path config = logs.resolve(plan.name() + "relay.conf");
    try {
      Files.writeString(config, plan.settings());
    } catch (IOException e) {
      throw new BenchException("cannot write " + config, e);
    }
    for (int i = 1; i <= plan.brokers(); i++) {
      String name = plan.brokers() == 1 ? BROKER : BROKER + "-" + i;
      startRole(plan, config, RabbitMqUser.BROKER, name, List.of(), logs);
    }
    int agents = 0;
    for (String url : plan.upstreams()) {
      agents++;
      String name = plan.upstreams().size() == 1 ? UPSTREAM_AGENT : UPSTREAM_AGENT + "-" + agents;
      startRole(
          plan,
          config,
          RabbitMqUser.UPSTREAM_AGENT,
          name,
          List.of("--target", TARGET + "=" + url),
          logs);
    }
    Child clientAgent =
        startRole(
            plan,
            config,
            RabbitMqUser.CLIENT_AGENT,
            CLIENT_AGENT,
            List.of("--port", "0", "--upstream-target", TARGET),
            logs);
    for (Child child : children) {
      adminPorts.add(child.loggedPort("admin_listening"));
    }
    int i = 0;
    for (Child child : children) {
      int admin = adminPorts.get(i++);
      child.await(() -> status(admin) == 200 ? admin : null, "/readyz");
    }
    port = clientAgent.loggedPort("http_listening");
    pids.put("rabbitmq", rabbit.pid());
  }

  private Child startRole(
      Plan plan, Path config, RabbitMqUser user, String name, List<String> options, Path logs) {
    List<String> command = new ArrayList<>();
    command.add(plan.home().resolve("longcut").toString());
    command.add(user.login()); // the role of the same name
    command.addAll(
        List.of("--id", name, "--amqp", rabbit.amqpUri(user).toString(), "--admin-port", "0"));
    command.addAll(List.of("--config", config.toString()));
    command.addAll(options);
    Child child = Child.start(logs, plan.name() + name, command);
    children.push(child);
    pids.put(name, child.pid());
    return child;
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
    long sum = 0;
    for (int admin : adminPorts) {
      sum +=
          get(admin, "/metrics")
              .body()
              .lines()
              .filter(line -> line.startsWith("longcut_amqp_messages_published_total"))
              .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
              .sum();
    }
    return sum;
  }

  private int status(int adminPort) {
    try {
      return get(adminPort, "/readyz").statusCode();
    } catch (BenchException e) {
      return 0; // the process does not listen yet
    }
  }

  private HttpResponse<String> get(int adminPort, String path) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new BenchException("no response from admin port " + adminPort, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** Stops the processes in reverse order of their start, which is the direction of a request. */
  @Override
  public void close() {
    while (!children.isEmpty()) {
      children.pop().close();
    }
  }
}
