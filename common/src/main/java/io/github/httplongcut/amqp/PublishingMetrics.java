package io.github.httplongcut.amqp;

import io.github.httplongcut.metrics.LatencyHistogram;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Meters of what a session publishes. All of them exist from the start, so that recording, which is
 * on the way of every message, only adds to them. Thread-safe.
 */
final class PublishingMetrics {

  private final Map<EventType, Counter> events = new EnumMap<>(EventType.class);
  private final Map<EventType, Counter> returned = new EnumMap<>(EventType.class);
  private final Map<EventType, Counter> nacked = new EnumMap<>(EventType.class);
  private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
  private final Counter messages;
  private final Counter bytes;
  private final DistributionSummary batchEvents;
  private final Timer confirmed;

  PublishingMetrics(MeterRegistry registry) {
    for (EventType type : EventType.values()) {
      events.put(
          type,
          Counter.builder("longcut.amqp.events.published")
              .description("Events written to RabbitMQ, including retries")
              .tag("event", type.wireName())
              .register(registry));
      returned.put(
          type,
          Counter.builder("longcut.amqp.messages.returned")
              .description("AMQP messages that RabbitMQ returned: no queue was bound for them")
              .tag("event", type.wireName())
              .register(registry));
      nacked.put(
          type,
          Counter.builder("longcut.amqp.messages.nacked")
              .description("AMQP messages that RabbitMQ nacked; some are written again")
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
    messages =
        Counter.builder("longcut.amqp.messages.published")
            .description("AMQP messages written, each with one event or a batch")
            .register(registry);
    bytes =
        Counter.builder("longcut.amqp.published")
            .description("Bytes of the bodies of AMQP messages written")
            .baseUnit("bytes")
            .register(registry);
    batchEvents =
        BatchHistogram.named("longcut.amqp.published.batch.events")
            .description("Events in an AMQP message written")
            .register(registry);
    confirmed =
        LatencyHistogram.named("longcut.amqp.confirm")
            .description("Time from the write of an AMQP message to RabbitMQ's confirm")
            .register(registry);
  }

  /** Records a message that was handed to the connection. */
  void published(WrittenMessage message) {
    int count = message.publications().size();
    messages.increment();
    events.get(message.type()).increment(count);
    bytes.increment(message.body().length);
    batchEvents.record(count);
  }

  /** Records messages that RabbitMQ has confirmed, some of them after it returned them. */
  void confirmed(List<WrittenMessage> confirmedMessages, long now) {
    for (WrittenMessage message : confirmedMessages) {
      confirmed.record(now - message.writtenAt(), TimeUnit.NANOSECONDS);
      if (message.isReturned()) {
        returned.get(message.type()).increment();
      }
    }
  }

  /** Records messages that RabbitMQ has nacked. */
  void nacked(List<WrittenMessage> nackedMessages) {
    for (WrittenMessage message : nackedMessages) {
      nacked.get(message.type()).increment();
    }
  }

  void outcome(Outcome outcome) {
    outcomes.get(outcome).increment();
  }
}
