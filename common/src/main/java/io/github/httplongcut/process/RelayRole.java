package io.github.httplongcut.process;

import io.github.httplongcut.config.StartException;

/**
 * Part of a process that only its role has. {@link RoleRuntime} starts it once, and later drains
 * and closes it once.
 */
public interface RelayRole {

  /**
   * Starts the loop, the session and the role's own parts, and returns at once. RabbitMQ need not
   * be reachable yet. Called on the thread {@code main}.
   *
   * @throws StartException if the role cannot listen on its address
   */
  void start();

  /**
   * Takes no more work and finishes what is in flight, for at most the drain timeout; then
   * publishes the role's last messages. Called on the thread {@code stop}.
   */
  void drain() throws InterruptedException;

  /** Closes what still runs after the drain. The session is closed, the loop runs. */
  default void close() {}
}
