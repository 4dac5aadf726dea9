package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.util.Optional;

/** A RabbitMQ that the tests did not start and cannot control. */
record ExternalRabbitMq(URI amqpUri, Optional<URI> managementUri) implements RabbitMqServer {

  @Override
  public String ctl(String... arguments) {
    throw cannotControl();
  }

  @Override
  public void stop() {
    throw cannotControl();
  }

  @Override
  public void kill() {
    throw cannotControl();
  }

  @Override
  public void start() {
    throw cannotControl();
  }

  @Override
  public void close() {
    // The tests did not start this RabbitMQ.
  }

  private static IllegalStateException cannotControl() {
    return new IllegalStateException(
        "this test stops or configures RabbitMQ, which is not possible with the one at "
            + RabbitMqChoice.URI_VARIABLE
            + ": unset this variable");
  }
}
