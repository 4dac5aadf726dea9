package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.util.Optional;

/** A RabbitMQ that somebody else runs: it can be used, but not stopped. */
record GivenRabbitMq(URI amqpUri, Optional<URI> managementUri) implements RabbitMqServer {

  @Override
  public String ctl(String... arguments) {
    throw notOurs();
  }

  @Override
  public void stop() {
    throw notOurs();
  }

  @Override
  public void kill() {
    throw notOurs();
  }

  @Override
  public void start() {
    throw notOurs();
  }

  @Override
  public void close() {
    // Whoever started it stops it.
  }

  private static IllegalStateException notOurs() {
    return new IllegalStateException(
        "this test controls RabbitMQ, which cannot be done with the one at "
            + RabbitMqChoice.URI_VARIABLE
            + ": unset it");
  }
}
