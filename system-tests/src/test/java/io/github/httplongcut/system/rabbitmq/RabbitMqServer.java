package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A RabbitMQ that has loaded the project's definitions and demo users.
 *
 * <p>For one thread at a time. Every method blocks until it is done. A failure is an {@link
 * IllegalStateException} with RabbitMQ's output.
 */
interface RabbitMqServer extends AutoCloseable {

  /**
   * The AMQP URI: scheme, host, port and vhost, without a user. Does not change with {@link #stop}
   * and {@link #start}.
   */
  URI amqpUri();

  /** The AMQP ports of all nodes, on the same host; empty if there is only one node. */
  default List<Integer> amqpPorts() {
    return List.of();
  }

  /** The management API's address, without a path. */
  Optional<URI> managementUri();

  /** Runs {@code rabbitmqctl} against the node and returns its output. */
  String ctl(String... arguments);

  /** Runs {@code rabbitmqctl import_definitions} with a local file. */
  default void importDefinitions(Path file) {
    ctl("import_definitions", file.toString());
  }

  /** Stops RabbitMQ, which closes every connection. Transient messages are lost. */
  void stop();

  /** Kills the node with SIGKILL. */
  void kill();

  /** Suspends RabbitMQ: it accepts connections, and answers nothing. */
  default void freeze() {
    throw new IllegalStateException("cannot suspend this RabbitMQ");
  }

  /** Resumes RabbitMQ after {@link #freeze}. */
  default void thaw() {
    throw new IllegalStateException("cannot resume this RabbitMQ");
  }

  /** Starts RabbitMQ again after {@link #stop} or {@link #kill}, on the same ports. */
  void start();

  /** Stops RabbitMQ for good, if the tests started it. */
  @Override
  void close();
}
