package io.github.httplongcut.loop;

/** What the owner of a {@link Loop} does as time passes. All are called on the loop. */
public interface Ticker {

  /** When it is time, or as soon after as the loop gets to it: check the deadlines. */
  void onTick(long nowNanos);

  /**
   * In how many nanoseconds there will be something to check, if no task comes before: asked after
   * each tick. The loop makes at least {@link Loop#TICK} of it and at most {@link Loop#IDLE_TICK}.
   * Each tick wakes a processor that could sleep.
   */
  default long nanosToNextTick(long nowNanos) {
    return Loop.TICK.toNanos();
  }

  /**
   * The whole process stood still (stopped, suspended, starved): what others did meanwhile was not
   * heard, and is no fault of theirs (protocol section 4, rule 2). Called before anything else
   * runs.
   *
   * @param nanos for how long
   */
  void onStoodStill(long nanos);
}
