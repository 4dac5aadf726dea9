package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.DiscardReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Meters of what a session consumes. All of them exist from the start, so that recording, which is
 * on the way of every message, only adds to them. Thread-safe.
 */
final class ConsumingMetrics {

  private final Counter messages;
  private final Counter bytes;
  private final DistributionSummary batchEvents;
  private final Map<EventType, Counter> redelivered = new EnumMap<>(EventType.class);
  private final Map<DeathReason, Counter> deadLettered = new EnumMap<>(DeathReason.class);
  private final Map<DiscardReason, Counter> discarded = new EnumMap<>(DiscardReason.class);
  private final Counter inboxesReplaced;
  private final Counter heartbeatsReplaced;
  private final Counter heartbeatsRefused;

  ConsumingMetrics(MeterRegistry registry) {
    messages =
        Counter.builder("longcut.amqp.messages.delivered")
            .description("AMQP messages delivered")
            .register(registry);
    bytes =
        Counter.builder("longcut.amqp.delivered")
            .description("Bytes of the bodies of AMQP messages delivered")
            .baseUnit("bytes")
            .register(registry);
    batchEvents =
        BatchHistogram.named("longcut.amqp.delivered.batch.events")
            .description("Events in an AMQP message delivered, without heartbeats")
            .register(registry);
    for (EventType type : EventType.values()) {
      redelivered.put(
          type,
          Counter.builder("longcut.amqp.messages.redelivered")
              .description("AMQP messages delivered again, without heartbeats")
              .tag("event", type.wireName())
              .register(registry));
    }
    for (DeathReason reason : DeathReason.values()) {
      deadLettered.put(
          reason,
          Counter.builder("longcut.amqp.messages.dead.lettered")
              .description("Dead letters delivered to this process, by RabbitMQ's reason")
              .tag("reason", reason.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    for (DiscardReason reason : DiscardReason.values()) {
      discarded.put(
          reason,
          Counter.builder("longcut.amqp.messages.discarded")
              .description(
                  "AMQP messages acked without effect, because form, sender or receiver is wrong")
              .tag("reason", reason.label())
              .register(registry));
    }
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

  /** Records a message as it arrives. */
  void delivered(int bodyBytes) {
    messages.increment();
    bytes.increment(bodyBytes);
  }

  /** Records the events of a message that was decoded, and the way by which it came. */
  void decoded(MessageReader.DecodedMessage message, boolean again) {
    batchEvents.record(message.events().size());
    if (again) {
      redelivered.get(message.type()).increment();
    }
    if (message.death().isPresent()) {
      deadLettered.get(message.death().get()).increment();
    }
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
}
