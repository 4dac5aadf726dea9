package io.github.httplongcut.process;

import io.github.httplongcut.config.StartException;

/** Starts a role's process. */
@FunctionalInterface
public interface RoleStarter<C extends RoleConfig> {

  /**
   * Starts all components on the main thread and returns. RabbitMQ need not be reachable yet.
   *
   * @param settings the effective settings as text, with passwords hidden
   * @return the running process; its {@code close} drains within {@link RoleConfig#drainTimeout()}
   * @throws Exception if the start fails: the process exits with 1 and prints the message of a
   *     {@link StartException}, or the stack trace of any other exception
   */
  AutoCloseable start(C config, String settings) throws Exception;
}
