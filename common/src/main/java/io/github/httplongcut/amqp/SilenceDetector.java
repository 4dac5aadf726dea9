package io.github.httplongcut.amqp;

import java.io.IOException;
import java.time.Duration;

/**
 * Detects a publishing connection on which RabbitMQ no longer answers. At most once a second,
 * requests a {@link Fence} that RabbitMQ must answer. Not synchronized: {@link Publisher} guards
 * it.
 */
final class SilenceDetector {

  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * Extra time per byte that RabbitMQ may not have read, for a line of 1 Mbit/s. AMQP heartbeats
   * detect a dead line.
   */
  private static final long SLOWEST_NANOS_PER_BYTE = 8_000;

  private final long timeoutNanos;

  /** Fence on the main channel; null without a connection. */
  private Fence fence;

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

  void onOpened(Fence fence, long now) {
    this.fence = fence;
    lastRequestAt = now;
    fenceDue = false;
  }

  void onLost() {
    fence = null;
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
    if (quiet && !fence.isOutstanding() && now - lastRequestAt >= PROBE_NANOS) {
      lastRequestAt = now;
      fenceDue = true;
    }
  }

  /** Returns whether the link's thread must send a fence. */
  boolean isFenceDue() {
    return fenceDue;
  }

  /** Returns whether the link's thread must send a fence, and resets that. */
  boolean takeFenceDue() {
    boolean taken = fenceDue;
    fenceDue = false;
    return taken;
  }

  /** Sends the fence. Called without the lock, by the one thread that writes. */
  void sendFence(Runnable whenAnswered) throws IOException {
    fence.send(whenAnswered);
  }

  /**
   * Returns whether RabbitMQ has not answered for longer than the timeout.
   *
   * @param unansweredNanos time for which RabbitMQ has not answered what was published
   * @param bytes number of bytes that RabbitMQ may not have read yet
   */
  boolean isSilent(long now, long unansweredNanos, long bytes) {
    long unanswered = Math.max(fence.outstandingNanos(now), unansweredNanos);
    return Math.min(unanswered, now - excusedUntil)
        >= timeoutNanos + bytes * SLOWEST_NANOS_PER_BYTE;
  }
}
