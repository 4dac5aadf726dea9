package io.github.httplongcut.loop;

import java.time.Duration;

/**
 * Allows one event in each interval and counts the suppressed ones. Limits warnings that untrusted
 * senders can cause. Not thread-safe.
 */
public final class RateLimit {

  private final long interval;
  private boolean used;
  private long allowedAt;
  private long suppressed;

  /**
   * @param interval shortest time between two allowed events
   */
  public RateLimit(Duration interval) {
    this.interval = interval.toNanos();
  }

  /**
   * Returns whether an event is allowed now; counts it as suppressed if not.
   *
   * @param now {@link System#nanoTime}
   */
  public boolean allows(long now) {
    if (used && now - allowedAt < interval) {
      suppressed++;
      return false;
    }
    used = true;
    allowedAt = now;
    return true;
  }

  /** Returns the number of events suppressed since the last call, and resets it. */
  public long takeSuppressed() {
    long count = suppressed;
    suppressed = 0;
    return count;
  }
}
