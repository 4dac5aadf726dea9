package io.github.httplongcut.amqp;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What RabbitMQ has refused lately. For a while nothing like it is written: each attempt costs the
 * channel, and others what was unconfirmed on it. Not synchronized: {@link Publisher} guards it.
 */
final class Refusals {

  private static final long REFUSED_NANOS = Duration.ofSeconds(30).toNanos();

  private final Map<Refusal, Long> until = new HashMap<>();

  /** Adds why a channel was closed. */
  void add(Refusal refusal, long nowNanos) {
    until.put(refusal, nowNanos + REFUSED_NANOS);
  }

  /** Whether it would be refused, too. */
  boolean concern(Publication publication) {
    return !until.isEmpty() && until.keySet().stream().anyMatch(each -> each.concerns(publication));
  }

  /** Forgets those whose time is over. */
  void onTime(long nowNanos) {
    until.values().removeIf(each -> nowNanos - each >= 0);
  }
}
