package io.github.httplongcut.protocol;

import java.time.Duration;

/** What each hop keeps back of the time left (protocol section 6). */
public final class TimeLeft {

  /** So that the innermost failure is the one that answers. */
  public static final Duration MARGIN = Duration.ofMillis(250);

  private TimeLeft() {}

  /** Whole milliseconds until {@code deadlineNanos}; 0 or less once it is reached. */
  public static long millis(long deadlineNanos, long nowNanos) {
    return Math.floorDiv(deadlineNanos - nowNanos, 1_000_000L);
  }

  /** The same less the margin: what the next hop is given. */
  public static long millisForNextHop(long deadlineNanos, long nowNanos) {
    return millis(deadlineNanos, nowNanos) - MARGIN.toMillis();
  }
}
