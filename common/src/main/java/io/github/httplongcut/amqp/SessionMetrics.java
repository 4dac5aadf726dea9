package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counters of a session. Thread-safe. */
final class SessionMetrics {

  private final Map<EventType, Counter> events = new EnumMap<>(EventType.class);
  private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
  private final Counter messagesPublished;
  private final Counter messagesDelivered;
  private final Map<DiscardReason, Counter> discarded = new EnumMap<>(DiscardReason.class);
  private final Counter connections;
  private final Counter inboxesReplaced;
  private final Counter heartbeatsReplaced;
  private final Counter heartbeatsRefused;

  SessionMetrics(MeterRegistry registry) {
    for (EventType type : EventType.values()) {
      events.put(
          type,
          Counter.builder("longcut.amqp.events.published")
              .description("Events written to RabbitMQ, including retries")
              .tag("event", type.wireName())
              .register(registry));
    }
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(
          outcome,
          Counter.builder("longcut.amqp.events.outcomes")
              .description("Publications by their final outcome")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    messagesPublished =
        Counter.builder("longcut.amqp.messages.published")
            .description("AMQP messages written, each with one event or a batch")
            .register(registry);
    messagesDelivered =
        Counter.builder("longcut.amqp.messages.delivered")
            .description("AMQP messages delivered")
            .register(registry);
    for (DiscardReason reason : DiscardReason.values()) {
      discarded.put(
          reason,
          Counter.builder("longcut.amqp.messages.discarded")
              .description(
                  "AMQP messages acked without effect, because form, sender or receiver is wrong")
              .tag("reason", reason.label())
              .register(registry));
    }
    connections =
        Counter.builder("longcut.amqp.connections.opened")
            .description("Connections to RabbitMQ that were established, including reconnects")
            .register(registry);
    heartbeatsReplaced = heartbeatsSkipped(registry, "replaced");
    heartbeatsRefused = heartbeatsSkipped(registry, "too_many");
    inboxesReplaced =
        Counter.builder("longcut.amqp.inboxes.replaced")
            .description("Inboxes replaced because their cluster node was not reachable")
            .register(registry);
  }

  private static Counter heartbeatsSkipped(MeterRegistry registry, String why) {
    return Counter.builder("longcut.amqp.heartbeats.skipped")
        .description(
            "Heartbeats dropped before decoding: a newer one arrived, or the user had too many")
        .tag("why", why)
        .register(registry);
  }

  void published(EventType type, int count) {
    messagesPublished.increment();
    events.get(type).increment(count);
  }

  void outcome(Outcome outcome) {
    outcomes.get(outcome).increment();
  }

  void delivered() {
    messagesDelivered.increment();
  }

  void discarded(DiscardReason reason) {
    discarded.get(reason).increment();
  }

  void heartbeat(LatestHeartbeats.AddResult added) {
    switch (added) {
      case FIRST -> {}
      case REPLACED -> heartbeatsReplaced.increment();
      case REFUSED -> heartbeatsRefused.increment();
    }
  }

  void inboxReplaced() {
    inboxesReplaced.increment();
  }

  void connected() {
    connections.increment();
  }
}
