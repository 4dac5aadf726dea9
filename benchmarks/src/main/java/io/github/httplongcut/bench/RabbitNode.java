package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A private RabbitMQ node without data, started by {@code rabbitmq/private-node}. */
final class RabbitNode implements AutoCloseable {

  static final String VHOST = "longcut";
  static final String ADMIN = "admin";

  private static final Duration CTL_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Erlang expression for the number of messages that clients have published so far. RabbitMQ
   * updates these counters at each publish; the figures of the management API are up to five
   * seconds old.
   */
  private static final String PUBLISHED =
      "lists:sum([maps:get(messages_received_total, C, 0)"
          + " || {_, C} <- maps:to_list(rabbit_global_counters:overview())]).";

  private final Path script;
  private final Path directory;
  private final Path logs;
  private final Child child;
  private final int port;

  private RabbitNode(Path script, Path directory, Path logs, Child child, int port) {
    this.script = script;
    this.directory = directory;
    this.logs = logs;
    this.child = child;
    this.port = port;
  }

  /**
   * Starts a node and waits until it is ready.
   *
   * @param home checkout whose topology the node loads
   */
  static RabbitNode start(Path home, Path logs, String name) {
    Path script = home.resolve("rabbitmq").resolve("private-node");
    Path directory = logs.resolve(name + "-data");
    Child child =
        Child.start(
            logs,
            name,
            List.of(script.toString(), "run", directory.toString(), "--until-stdin-closes"));
    Child.run(
        logs,
        name + "-wait",
        Duration.ofSeconds(100),
        List.of(script.toString(), "wait", directory.toString()));
    Matcher found =
        Pattern.compile("RABBITMQ_AMQP_PORT=(\\d+)").matcher(read(directory.resolve("node.env")));
    if (!found.find()) {
      throw new BenchException("no port in " + directory.resolve("node.env"));
    }
    return new RabbitNode(script, directory, logs, child, Integer.parseInt(found.group(1)));
  }

  /** Returns the AMQP URI for a user whose password is the user name. */
  String uri(String user) {
    return "amqp://%s:%s@127.0.0.1:%d/%s".formatted(user, user, port, VHOST);
  }

  /** Returns the pid of the node's operating system process. */
  long pid() {
    return Long.parseLong(read(directory.resolve("rabbitmq.pid")).strip());
  }

  /** Returns the number of messages that all clients have published, as counted by the node. */
  long published() {
    String count =
        Child.run(
            logs,
            "rabbitmqctl",
            CTL_TIMEOUT,
            List.of(script.toString(), "ctl", directory.toString(), "eval", PUBLISHED));
    return Long.parseLong(count.strip());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new BenchException("cannot read " + file, e);
    }
  }

  @Override
  public void close() {
    child.close();
  }
}
