package io.github.httplongcut.loop;

import java.time.Duration;

/**
 * Lets one thing through in each interval and counts the others: for warnings of what others may
 * send as often as they like. For one thread.
 */
public final class RateLimit {

  private final long interval;
  private boolean used;
  private long allowedAt;
  private long suppressed;

  /**
   * @param interval at most one thing in each
   */
  public RateLimit(Duration interval) {
    this.interval = interval.toNanos();
  }

  /**
   * Whether this one passes.
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

  /** How many it did not let through since it was last asked. */
  public long takeSuppressed() {
    long taken = suppressed;
    suppressed = 0;
    return taken;
  }
}
