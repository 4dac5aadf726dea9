package io.github.httplongcut.amqp;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicBoolean;

/** Counters of one of a session's two connections. Thread-safe. */
final class LinkMetrics {

  private final Counter opened;
  private final Counter reconnects;
  private final Counter failures;
  private final AtomicBoolean openedBefore = new AtomicBoolean();

  /**
   * Creates the counters.
   *
   * @param connection what the connection is for: {@code publish} or {@code consume}
   */
  LinkMetrics(MeterRegistry registry, String connection) {
    opened =
        Counter.builder("longcut.amqp.connections.opened")
            .description("Connections to RabbitMQ that were established, including reconnects")
            .tag("connection", connection)
            .register(registry);
    reconnects =
        Counter.builder("longcut.amqp.reconnects")
            .description("Connections to RabbitMQ that were established after the first one")
            .tag("connection", connection)
            .register(registry);
    failures =
        Counter.builder("longcut.amqp.connection.failures")
            .description("Connections to RabbitMQ that were lost, and attempts that failed")
            .tag("connection", connection)
            .register(registry);
  }

  /** Counts a connection that the session can use. */
  void opened() {
    opened.increment();
    if (openedBefore.getAndSet(true)) {
      reconnects.increment();
    }
  }

  void failed() {
    failures.increment();
  }
}
