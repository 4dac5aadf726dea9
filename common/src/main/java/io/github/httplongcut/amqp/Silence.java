package io.github.httplongcut.amqp;

import java.io.IOException;
import java.time.Duration;

/**
 * Notices a publishing connection on which RabbitMQ says nothing. Where nothing is confirmed for a
 * second, a {@link Fence} asks RabbitMQ for an answer. Not synchronized: {@link Publisher} guards
 * it.
 */
final class Silence {

  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /** A line of 1 Mbit/s that carries bytes is not silent; AMQP heartbeats find a dead one. */
  private static final long SLOWEST_NANOS_PER_BYTE = 8_000;

  private final long timeoutNanos;

  /** On the main channel; null without a connection. */
  private Fence fence;

  private long askedAt;
  private boolean due;

  /** Debts of RabbitMQ before this moment do not count: it was blocked, or we stood still. */
  private long excusedUntil;

  Silence(Duration timeout, long now) {
    this.timeoutNanos = timeout.toNanos();
    this.excusedUntil = now;
  }

  void onOpened(Fence fence, long now) {
    this.fence = fence;
    askedAt = now;
    due = false;
  }

  void onLost() {
    fence = null;
  }

  void excuseUntil(long now) {
    excusedUntil = now;
  }

  /** Returns whether what RabbitMQ has owed for the timeout was owed for an excused time, too. */
  boolean isExcused(long now) {
    return now - excusedUntil < timeoutNanos;
  }

  /** Has a fence sent if none is outstanding and the oldest unread message waits for one. */
  void askIfQuiet(long now, long unreadNanos) {
    boolean quiet = unreadNanos == 0 || unreadNanos >= PROBE_NANOS;
    if (quiet && !fence.isOutstanding() && now - askedAt >= PROBE_NANOS) {
      askedAt = now;
      due = true;
    }
  }

  /** Returns whether the link's thread is to send a fence. */
  boolean isDue() {
    return due;
  }

  /** The same, once. */
  boolean takeDue() {
    boolean taken = due;
    due = false;
    return taken;
  }

  /** Sends the fence; without the lock, by the one thread that writes. */
  void ask(Runnable whenAnswered) throws IOException {
    fence.send(whenAnswered);
  }

  /**
   * Returns whether RabbitMQ has said nothing for too long.
   *
   * @param owedNanos for how long it has owed a word for what was published
   * @param bytes that it may not have read yet
   */
  boolean isTooLong(long now, long owedNanos, long bytes) {
    long owed = Math.max(fence.outstandingNanos(now), owedNanos);
    return Math.min(owed, now - excusedUntil) >= timeoutNanos + bytes * SLOWEST_NANOS_PER_BYTE;
  }
}
