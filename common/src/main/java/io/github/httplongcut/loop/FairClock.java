package io.github.httplongcut.loop;

/**
 * Clock that pauses while this process cannot hear others: while it is suspended, disconnected from
 * RabbitMQ or blocked by it. Timeouts on other processes use it, so that these are not blamed for
 * the pause (docs/protocol.md section 4, rule 2).
 *
 * <p>Pure: reads no clock, and imports nothing. Times are {@link System#nanoTime}. Not thread-safe.
 */
public final class FairClock {

  private long excludedNanos;

  /** Makes the clock pause for a time that has passed on the real clock. */
  public void exclude(long nanos) {
    excludedNanos += nanos;
  }

  /** Returns the time on this clock for a time on the real clock. */
  public long at(long now) {
    return now - excludedNanos;
  }
}
