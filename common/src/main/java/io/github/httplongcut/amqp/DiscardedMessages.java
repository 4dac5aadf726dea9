package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts discarded messages, and logs at most one per second and reason. Thread-safe. */
final class DiscardedMessages {

  private static final Logger log = LoggerFactory.getLogger(DiscardedMessages.class);

  private final ConsumingMetrics metrics;
  private final LongSupplier clock;

  @GuardedBy("this")
  private final Map<DiscardReason, RateLimit> warnings = new EnumMap<>(DiscardReason.class);

  /**
   * Creates a log of discarded messages.
   *
   * @param clock {@code nanoTime}
   */
  DiscardedMessages(ConsumingMetrics metrics, LongSupplier clock) {
    this.metrics = metrics;
    this.clock = clock;
    for (DiscardReason reason : DiscardReason.values()) {
      warnings.put(reason, new RateLimit(Duration.ofSeconds(1)));
    }
  }

  /** Notes that the process discards a delivery. */
  void discarded(Delivery delivery, DiscardReason reason) {
    metrics.discarded(reason);
    Delivery.Envelope envelope = delivery.envelope();
    warn(
        reason,
        delivery.type().wireName(),
        envelope.routingKey(),
        envelope.userId(),
        "origin " + envelope.origin().name().toLowerCase(Locale.ROOT),
        null);
  }

  /**
   * Notes that the process discards a message before any of its events is handled.
   *
   * @param why a {@link ForgedMessageException} if the sender is wrong; one that is no {@link
   *     MalformedEventException} is logged with its stack
   */
  void unreadable(String routingKey, BasicProperties properties, int bytes, Throwable why) {
    DiscardReason reason =
        why instanceof ForgedMessageException
            ? DiscardReason.WRONG_SENDER
            : DiscardReason.UNREADABLE;
    metrics.discarded(reason);
    warn(
        reason,
        properties.getType(),
        routingKey,
        properties.getUserId(),
        "%d bytes: %s".formatted(bytes, why.getMessage()),
        why instanceof MalformedEventException ? null : why);
  }

  private void warn(
      DiscardReason reason, String type, String key, String user, String why, Throwable bug) {
    OptionalLong suppressed = suppressedUntilNow(reason);
    if (suppressed.isPresent()) { // outside the lock: the log may be slow
      log.warn(
          "event=message_discarded reason={} type={} key={} user={} why={} suppressed={}",
          reason.label(),
          LogText.quoted(type),
          LogText.quoted(key),
          LogText.quoted(user),
          LogText.quoted(why),
          suppressed.getAsLong(),
          bug);
    }
  }

  /** Returns the number of suppressed messages if the next one may be logged; else empty. */
  private synchronized OptionalLong suppressedUntilNow(DiscardReason reason) {
    RateLimit limit = warnings.get(reason);
    return limit.allows(clock.getAsLong())
        ? OptionalLong.of(limit.takeSuppressed())
        : OptionalLong.empty();
  }
}
