package io.github.httplongcut.system.relay;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.JavaHome;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.RelayProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A relay of real processes for one test: the runnable jars, connected to a RabbitMQ, with short
 * timers. Closing the relay kills its running processes.
 */
public final class Relay implements AutoCloseable {

  /** Longer than any response may take. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Map<String, String> TIMERS = new LinkedHashMap<>();

  static {
    TIMERS.put("client-agent.request-timeout", "10s");
    TIMERS.put("client-agent.ack-timeout", "1s");
    TIMERS.put("broker.wait-timeout", "2s");
    TIMERS.put("broker.ack-timeout", "1s");
    TIMERS.put("broker.reply-timeout", "6s");
    TIMERS.put("upstream-agent.ack-timeout", "1s");
    TIMERS.put("upstream-agent.heartbeat-interval", "500ms");
    TIMERS.put("upstream-agent.target-defaults.timeout", "4s");
  }

  private final Function<RabbitMqUser, URI> amqp;
  private final Path logs;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<RoleProcess> processes = new ArrayList<>();
  private final Map<String, String> settings = new LinkedHashMap<>(TIMERS);
  private List<String> prefix = List.of();

  /**
   * Creates a relay without processes.
   *
   * @param amqp returns RabbitMQ's URI for a user
   * @param test the name of the log directory
   */
  public Relay(Function<RabbitMqUser, URI> amqp, String test) {
    this.amqp = amqp;
    this.logs = Path.of("target", "relay-logs", test);
  }

  /** Sets a key below {@code longcut.} for the processes started from now on. */
  public Relay with(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /**
   * Prefixes the commands of the processes started from now on, for example with {@code env A=B}.
   */
  public Relay under(String... prefix) {
    this.prefix = List.of(prefix);
    return this;
  }

  /** Uses the timers of {@code reference.conf} for the processes started from now on. */
  Relay withDefaultTimers() {
    settings.keySet().removeAll(TIMERS.keySet());
    return this;
  }

  /**
   * Starts a client agent with the default upstream target {@code echo}; the process is not ready
   * yet.
   */
  public RoleProcess clientAgent() {
    return clientAgent("echo");
  }

  /** Starts a client agent with a default upstream target; the process is not ready yet. */
  public RoleProcess clientAgent(String upstreamTarget) {
    return start(
        "client-agent",
        RabbitMqUser.CLIENT_AGENT,
        "--port",
        "0",
        "--upstream-target",
        upstreamTarget);
  }

  /** Starts a broker; the process is not ready yet. */
  public RoleProcess broker() {
    return start("broker", RabbitMqUser.BROKER);
  }

  /** Starts an upstream agent for target {@code echo}; the process is not ready yet. */
  public RoleProcess upstreamAgent(URI upstream) {
    return upstreamAgent(Map.of("echo", upstream));
  }

  /** Starts an upstream agent for the targets, by name; the process is not ready yet. */
  public RoleProcess upstreamAgent(Map<String, URI> targets) {
    String[] flags =
        targets.entrySet().stream()
            .flatMap(target -> Stream.of("--target", target.getKey() + "=" + target.getValue()))
            .toArray(String[]::new);
    return start("upstream-agent", RabbitMqUser.UPSTREAM_AGENT, flags);
  }

  /**
   * Starts a process of a role; the process is not ready yet.
   *
   * @param flags command-line flags, in addition to those for id, admin port and RabbitMQ
   */
  public RoleProcess start(String role, RabbitMqUser user, String... flags) {
    String name = role + "-" + number();
    List<String> all = new ArrayList<>(RelayProcess.options(name, amqp.apply(user)));
    all.addAll(List.of(flags));
    return launch(role, name, name + ".log", all);
  }

  /**
   * Starts a process of a role with a settings file, which contains also RabbitMQ's address and the
   * admin port; the process is not ready yet.
   *
   * @param id the value of {@code --id}, the same for each start of a process
   */
  public RoleProcess startWithFile(String role, String id, Path settings) {
    return launch(
        role,
        id,
        id + "-" + number() + ".log",
        List.of("--id", id, "--config", settings.toString()));
  }

  /** The number of the next process, for a name that no other has. */
  private int number() {
    return processes.size() + 1;
  }

  private RoleProcess launch(String role, String name, String log, List<String> flags) {
    List<String> command = new ArrayList<>(prefix);
    command.add(JavaHome.program("java"));
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    settings.forEach((key, value) -> command.add("-Dlongcut." + key + "=" + value));
    Path jar = Checkout.file(role + "/target/longcut-" + role + ".jar");
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(flags);
    RoleProcess process = RoleProcess.start(name, command, logs.resolve(log));
    processes.add(process);
    return process;
  }

  /** Waits until all running processes are ready. */
  public Relay awaitReady() {
    processes.stream().filter(RoleProcess::isAlive).forEach(RoleProcess::awaitReady);
    return this;
  }

  /** Sends a GET through a client agent and waits for the response. */
  public HttpResponse<String> get(RoleProcess clientAgent, String url) {
    return send(clientAgent, request(clientAgent, url).GET());
  }

  /** Sends a POST through a client agent and waits for the response. */
  public HttpResponse<String> post(RoleProcess clientAgent, String url, String body) {
    return send(
        clientAgent, request(clientAgent, url).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Sends a GET through a client agent without waiting. */
  CompletableFuture<HttpResponse<String>> getLater(RoleProcess clientAgent, String url) {
    return http.sendAsync(
        request(clientAgent, url).GET().build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Sends a POST through a client agent without waiting. */
  CompletableFuture<HttpResponse<String>> postLater(
      RoleProcess clientAgent, String url, String body) {
    return http.sendAsync(
        request(clientAgent, url).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(RoleProcess clientAgent, String url) {
    int port = clientAgent.port("http_listening");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + url)).timeout(PATIENCE);
  }

  private HttpResponse<String> send(RoleProcess clientAgent, HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException("through " + clientAgent.output(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    processes.forEach(RoleProcess::close);
  }
}
