package io.github.httplongcut.process;

import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.loop.Ticker;

/** Work of a role at each tick of its loop. {@link FairTime} calls it, on the loop. */
public interface RoleTicker {

  /**
   * Checks deadlines.
   *
   * @param excludedNanos the part of the time since the last tick in which this process could not
   *     hear others; for the role's {@link FairClock}
   */
  void onTick(long nowNanos, long excludedNanos);

  /** Returns the nanoseconds until the next deadline, as {@link Ticker#nanosToNextTick} does. */
  long nanosToNextTick(long nowNanos);
}
