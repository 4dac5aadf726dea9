package io.github.httplongcut.client;

import java.time.Duration;

/** Decides whether a request's content arrives too slowly. On the connection's I/O thread. */
final class UploadPace {

  /** Time in which only the pause between two reads is limited, not the average rate. */
  static final Duration GRACE_PERIOD = Duration.ofSeconds(10);

  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

  /**
   * Limits of every upload.
   *
   * @param maxPause longest pause between two reads
   * @param minBytesPerSecond lowest average rate, once {@link #GRACE_PERIOD} has passed
   */
  record Limits(Duration maxPause, long minBytesPerSecond) {}

  private final Limits limits;
  private final long begun;
  private long lastReadAt;
  private long bytes;

  /**
   * @param now {@code nanoTime}, like all times in this class
   */
  UploadPace(Limits limits, long now) {
    this.limits = limits;
    this.begun = now;
    this.lastReadAt = now;
  }

  void onRead(int more, long now) {
    bytes += more;
    lastReadAt = now;
  }

  /** Returns whether the content has arrived too slowly. */
  boolean isTooSlow(long now) {
    double seconds = (now - begun) / 1e9;
    return now - lastReadAt >= limits.maxPause.toNanos()
        || (now - begun >= GRACE_PERIOD.toNanos() && bytes < limits.minBytesPerSecond * seconds);
  }

  /** Returns the time after which {@link #isTooSlow} may change if nothing is read; above 0. */
  long nanosToNextCheck(long now) {
    long pauseEnds = lastReadAt + limits.maxPause.toNanos() - now;
    long rateCheck = Math.max(begun + GRACE_PERIOD.toNanos() - now, CHECK_INTERVAL.toNanos());
    return Math.max(1, Math.min(pauseEnds, rateCheck));
  }
}
