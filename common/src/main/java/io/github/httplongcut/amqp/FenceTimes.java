package io.github.httplongcut.amqp;

import java.time.Duration;

/**
 * Times of one channel's fences, of which one is outstanding at a time. Decides when a fence is
 * due, and for how long RabbitMQ has not replied.
 *
 * <p>Guarded by the caller's lock. Times are {@code nanoTime}.
 */
final class FenceTimes {

  /** Time without a fence after which {@link #requestIfQuiet} requests one. */
  static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);

  private boolean outstanding;
  private boolean requested;
  private long lastSentAt;

  /** Creates the times of a channel that is opened now. */
  FenceTimes(long now) {
    lastSentAt = now;
  }

  /** Requests a fence if the last one was sent long ago; returns whether it did. */
  boolean requestIfQuiet(long now) {
    boolean quiet = !outstanding && now - lastSentAt >= PROBE_INTERVAL.toNanos();
    requested |= quiet;
    return quiet;
  }

  /**
   * Returns whether a fence must be sent.
   *
   * @param deliveriesWait true if a fence would settle a delivery
   */
  boolean isDue(boolean deliveriesWait) {
    return !outstanding && (requested || deliveriesWait);
  }

  /** Notes that a fence is being sent. */
  void onSent(long now) {
    outstanding = true;
    requested = false;
    lastSentAt = now;
  }

  /** Notes RabbitMQ's reply to the fence. */
  void onAnswered() {
    outstanding = false;
  }

  /** Returns for how long RabbitMQ has not replied to the outstanding fence; 0 if there is none. */
  long unansweredNanos(long now) {
    return outstanding ? now - lastSentAt : 0;
  }
}
