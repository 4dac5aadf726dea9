package io.github.httplongcut.process;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * End of a process's work: waits until the process is idle, for at most the drain timeout, and logs
 * both ends of the wait. The thread {@code stop} uses it. It polls its conditions, so they must be
 * thread-safe and fast.
 */
public final class Drain {

  /** Clock of a drain. */
  interface Timer {
    /** Returns the time as {@link System#nanoTime} does. */
    long now();

    void sleep(Duration time) throws InterruptedException;
  }

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Logger log = LoggerFactory.getLogger(Drain.class);

  private final Duration timeout;
  private final Timer timer;
  private final long begunAt;

  Drain(Duration timeout, Timer timer) {
    this.timeout = timeout;
    this.timer = timer;
    this.begunAt = timer.now();
    log.info("event=draining drain_timeout={}", timeout);
  }

  /** Begins a drain. The drain timeout counts from now on. */
  public static Drain begin(Duration timeout) {
    return new Drain(timeout, new SystemTimer());
  }

  /**
   * Waits until the condition holds.
   *
   * @return false if the condition does not hold within {@code atMost} from now
   */
  public boolean await(Duration atMost, BooleanSupplier condition) throws InterruptedException {
    long deadline = timer.now() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      long left = deadline - timer.now();
      if (left <= 0) {
        return false;
      }
      timer.sleep(Duration.ofNanos(Math.min(left, POLL.toNanos())));
    }
    return true;
  }

  /**
   * Waits until the process is idle, for the rest of the drain timeout.
   *
   * @param inFlight number of unfinished requests, for the log
   * @return false if the process is not idle at the drain timeout
   */
  public boolean awaitIdle(BooleanSupplier idle, LongSupplier inFlight)
      throws InterruptedException {
    if (await(timeout.minusNanos(timer.now() - begunAt), idle)) {
      return true;
    }
    log.warn("event=drain_timed_out waited={} in_flight={}", timeout, inFlight.getAsLong());
    return false;
  }

  private static final class SystemTimer implements Timer {
    @Override
    public long now() {
      return System.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
      TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }
  }
}
