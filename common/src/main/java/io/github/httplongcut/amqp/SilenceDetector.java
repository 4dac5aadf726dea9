package io.github.httplongcut.amqp;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Detects a publishing connection on which RabbitMQ no longer answers. At most once a second,
 * requests a {@link Fence} that RabbitMQ must answer. Decides only; not synchronized: {@link
 * PublisherMonitor} guards it.
 */
final class SilenceDetector {

  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * Extra time per byte that RabbitMQ may not have read, for a line of 1 Mbit/s. AMQP heartbeats
   * detect a dead line.
   */
  private static final long SLOWEST_NANOS_PER_BYTE = 8_000;

  private final long timeoutNanos;

  /** Time at which the outstanding fence was sent; empty if there is none. */
  private OptionalLong fenceSentAt = OptionalLong.empty();

  private long lastRequestAt;
  private boolean fenceDue;

  /**
   * Time before which RabbitMQ's silence does not count: an alarm blocked the connection, or this
   * process was suspended.
   */
  private long excusedUntil;

  SilenceDetector(Duration timeout, long now) {
    this.timeoutNanos = timeout.toNanos();
    this.excusedUntil = now;
  }

  /** Notes a new connection, without an outstanding fence. */
  void onOpened(long now) {
    fenceSentAt = OptionalLong.empty();
    lastRequestAt = now;
    fenceDue = false;
  }

  void excuseUntil(long now) {
    excusedUntil = now;
  }

  /** Returns whether silence was still excused at some time within the last {@code timeout}. */
  boolean isExcused(long now) {
    return now - excusedUntil < timeoutNanos;
  }

  /**
   * Requests a fence if none is outstanding and the last one was requested a second ago.
   *
   * @param unreadNanos age of the oldest message that RabbitMQ may not have read, 0 if there is
   *     none. While that message is younger than a second, no fence is requested
   */
  void requestFenceIfQuiet(long now, long unreadNanos) {
    boolean quiet = unreadNanos == 0 || unreadNanos >= PROBE_NANOS;
    if (quiet && fenceSentAt.isEmpty() && now - lastRequestAt >= PROBE_NANOS) {
      lastRequestAt = now;
      fenceDue = true;
    }
  }

  /** Returns whether the link's thread must send a fence. */
  boolean isFenceDue() {
    return fenceDue;
  }

  /** Notes that the link's thread sends the fence that is due. */
  void onFenceSent(long now) {
    fenceDue = false;
    fenceSentAt = OptionalLong.of(now);
  }

  void onFenceAnswered() {
    fenceSentAt = OptionalLong.empty();
  }

  /**
   * Returns whether RabbitMQ has not answered for longer than the timeout.
   *
   * @param unansweredNanos time for which RabbitMQ has not answered what was published
   * @param bytes number of bytes that RabbitMQ may not have read yet
   */
  boolean isSilent(long now, long unansweredNanos, long bytes) {
    long fence = fenceSentAt.isPresent() ? now - fenceSentAt.getAsLong() : 0;
    long unanswered = Math.max(fence, unansweredNanos);
    return Math.min(unanswered, now - excusedUntil)
        >= timeoutNanos + bytes * SLOWEST_NANOS_PER_BYTE;
  }
}
