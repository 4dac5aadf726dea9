package io.github.httplongcut.broker;

import java.time.Duration;

/** Lets one thing through in each interval and counts the others: for warnings. */
final class RateLimit {

  private final long interval;
  private boolean used;
  private long allowedAt;
  private long suppressed;

  RateLimit(Duration interval) {
    this.interval = interval.toNanos();
  }

  boolean allows(long now) {
    if (used && now - allowedAt < interval) {
      suppressed++;
      return false;
    }
    used = true;
    allowedAt = now;
    return true;
  }

  /** How many it did not let through since it was last asked. */
  long takeSuppressed() {
    long taken = suppressed;
    suppressed = 0;
    return taken;
  }
}
