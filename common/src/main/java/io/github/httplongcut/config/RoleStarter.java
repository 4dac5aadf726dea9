package io.github.httplongcut.config;

/** Makes a running process of its settings. */
@FunctionalInterface
public interface RoleStarter<C extends RoleConfig> {

  /**
   * Runs on the main thread and returns once everything is started; RabbitMQ need not be there yet.
   *
   * @return its {@code close} drains, within {@link RoleConfig#drainTimeout()}
   * @throws Exception ends the process with 1; a {@link StartException} is shown as it is, any
   *     other with its stack
   */
  AutoCloseable start(C config) throws Exception;
}
