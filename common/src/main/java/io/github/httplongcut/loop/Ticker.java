package io.github.httplongcut.loop;

/** Callbacks of a {@link Loop} for the passing of time. The loop calls them between its tasks. */
public interface Ticker {

  /**
   * Checks deadlines. The loop calls this at the scheduled time, or later if a task is running
   * then.
   */
  void onTick(long nowNanos);

  /**
   * Returns the nanoseconds until the next deadline. The loop asks after each tick and clamps the
   * result to {@link Loop#TICK} and {@link Loop#IDLE_TICK}. Fewer ticks let an idle CPU sleep
   * longer.
   */
  default long nanosToNextTick(long nowNanos) {
    return Loop.TICK.toNanos();
  }

  /**
   * Handles a pause of the whole process, which was stopped, suspended or starved of CPU. Messages
   * that arrived during the pause were not read, so the pause must not count against other
   * processes (protocol section 4, rule 2). The loop calls this before it runs anything else.
   *
   * @param nanos length of the pause
   */
  void onSuspended(long nanos);
}
