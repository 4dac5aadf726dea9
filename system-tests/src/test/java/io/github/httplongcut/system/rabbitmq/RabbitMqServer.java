package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One way to have a RabbitMQ that has loaded the project's definitions and demo users. Called by
 * one thread at a time; every method blocks until it is done and throws {@link
 * IllegalStateException}, with what RabbitMQ said, when it cannot be.
 */
interface RabbitMqServer extends AutoCloseable {

  /**
   * The AMQP address: scheme, host, port and vhost, without a user. The same for as long as the
   * server lives, over every {@link #stop} and {@link #start}.
   */
  URI amqpUri();

  /** The AMQP ports of all its nodes, on the same host; empty if there is only one. */
  default List<Integer> amqpPorts() {
    return List.of();
  }

  /** The management API's address, without a path. */
  Optional<URI> managementUri();

  /** Runs {@code rabbitmqctl} against the node and returns what it printed. */
  String ctl(String... arguments);

  /** Runs {@code rabbitmqctl import_definitions} with a file of this machine. */
  default void importDefinitions(Path file) {
    ctl("import_definitions", file.toString());
  }

  /** RabbitMQ closes every connection and takes no more; transient messages are lost. */
  void stop();

  /** Ends the node without a warning, as SIGKILL does. */
  void kill();

  /** Up again after {@link #stop} or {@link #kill}, on the same ports. */
  void start();

  /** Nothing of it is left. */
  @Override
  void close();
}
