package io.github.httplongcut.loop;

/** What the owner of a {@link Loop} does as time passes. All are called on the loop. */
public interface Ticker {

  /** Every 50 ms, or as soon after as the loop gets to it: check the deadlines. */
  void onTick(long nowNanos);

  /**
   * Whether nothing is under way that is checked so often. While that is so and no task comes, it
   * ticks every 200 ms: each tick wakes a processor that could sleep.
   */
  default boolean isIdle() {
    return false;
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
