package io.github.httplongcut.client;

import java.time.Duration;

/** Decides when a request's content comes too slowly. On the connection's I/O thread. */
final class UploadPace {

  /** Time in which content may come as slowly as {@code read-timeout} allows. */
  static final Duration FREE = Duration.ofSeconds(10);

  private static final Duration CHECK = Duration.ofSeconds(1);

  /**
   * Limits of every upload.
   *
   * @param longestPause between two reads
   * @param minBytesPerSecond on average, once {@link #FREE} has passed
   */
  record Limits(Duration longestPause, long minBytesPerSecond) {}

  private final Limits limits;
  private final long begun;
  private long lastReadAt;
  private long bytes;

  /**
   * @param now {@code nanoTime}, like all times here
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

  /** Returns whether the content is to be given up. */
  boolean isTooSlow(long now) {
    double seconds = (now - begun) / 1e9;
    return now - lastReadAt >= limits.longestPause.toNanos()
        || (now - begun >= FREE.toNanos() && bytes < limits.minBytesPerSecond * seconds);
  }

  /** Returns the time until {@link #isTooSlow} may change if nothing is read; above 0. */
  long nanosToNextCheck(long now) {
    long pauseEnds = lastReadAt + limits.longestPause.toNanos() - now;
    long rateMatters = Math.max(begun + FREE.toNanos() - now, CHECK.toNanos());
    return Math.max(1, Math.min(pauseEnds, rateMatters));
  }
}
