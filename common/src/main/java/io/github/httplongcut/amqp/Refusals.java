package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Publication;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Refusals of the last 30 s. Publications that RabbitMQ would refuse for the same reason are not
 * written, since each attempt closes the channel, and the unconfirmed messages of others on it are
 * lost. Not synchronized: {@link PublisherMonitor} guards it.
 */
final class Refusals {

  private static final long REMEMBERED_NANOS = Duration.ofSeconds(30).toNanos();

  private final Map<Refusal, Long> expiresAt = new HashMap<>();

  /** Adds the refusal that closed a channel. */
  void add(Refusal refusal, long nowNanos) {
    expiresAt.put(refusal, nowNanos + REMEMBERED_NANOS);
  }

  /** Returns whether RabbitMQ would refuse this publication, too. */
  boolean wouldRefuse(Publication publication) {
    return !expiresAt.isEmpty()
        && expiresAt.keySet().stream().anyMatch(each -> each.appliesTo(publication));
  }

  /**
   * Forgets all, for a connection that was lost for another reason than a refusal: whoever changes
   * permissions by {@code longcut grant} closes the connections.
   */
  void clear() {
    expiresAt.clear();
  }

  /** Removes refusals that are older than 30 s. */
  void removeExpired(long nowNanos) {
    expiresAt.values().removeIf(each -> nowNanos - each >= 0);
  }
}
