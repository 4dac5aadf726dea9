package io.github.httplongcut.amqp;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What RabbitMQ has refused lately. For a while nothing like it is written: each attempt costs the
 * channel, and others what was unconfirmed on it. Not synchronized: {@link Publisher} guards it.
 */
final class Refusals {

  private static final long REFUSED_NANOS = Duration.ofSeconds(30).toNanos();

  private final Map<Refusal, Long> until = new HashMap<>();

  /** Why a channel was closed, if it was a refusal. */
  void add(Optional<Refusal> refusal, long nowNanos) {
    refusal.ifPresent(each -> until.put(each, nowNanos + REFUSED_NANOS));
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
