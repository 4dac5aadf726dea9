package io.github.httplongcut.protocol;

import java.time.Duration;

/**
 * Computes the remaining time of a request, and the part of it for the next hop (protocol section
 * 6).
 */
public final class TimeLeft {

  /** Time that each hop withholds from the next hop, so that the next hop times out first. */
  public static final Duration MARGIN = Duration.ofMillis(250);

  private TimeLeft() {}

  /** Returns whole milliseconds until {@code deadlineNanos}; 0 or less after the deadline. */
  public static long millis(long deadlineNanos, long nowNanos) {
    return Math.floorDiv(deadlineNanos - nowNanos, 1_000_000L);
  }

  /**
   * Returns the milliseconds for the next hop: the time until the deadline less {@link #MARGIN}.
   */
  public static long millisForNextHop(long deadlineNanos, long nowNanos) {
    return millis(deadlineNanos, nowNanos) - MARGIN.toMillis();
  }
}
