package io.github.httplongcut.cli.sources;

import com.rabbitmq.client.Connection;

/**
 * Connection to RabbitMQ whose {@link #close} never blocks for long, even if RabbitMQ is frozen.
 */
public record OpenConnection(Connection connection) implements AutoCloseable {

  /** Closes the connection. Waits at most {@link Gathering#LIMIT} for RabbitMQ. */
  @Override
  public void close() {
    connection.abort((int) Gathering.LIMIT.toMillis());
  }
}
