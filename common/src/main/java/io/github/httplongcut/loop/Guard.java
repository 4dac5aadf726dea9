package io.github.httplongcut.loop;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the parts of a turn one by one, so that a bug in one of them costs no other. For the turns
 * of one loop.
 */
public final class Guard {

  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  private final RateLimit warnings = new RateLimit(Duration.ofSeconds(1)); // a tick comes often

  /**
   * Runs {@code task}. What it throws is logged as a bug, once a second at most.
   *
   * @param part names it in the log
   * @return whether it has thrown nothing
   */
  public boolean run(String part, Runnable task) {
    try {
      task.run();
      return true;
    } catch (RuntimeException | Error e) {
      bug(part, e);
      return false;
    }
  }

  /** Logs a bug that is caught elsewhere, in the same way. */
  public void bug(String part, Throwable bug) {
    if (warnings.allows(System.nanoTime())) {
      log.error("event=bug part={} suppressed={}", part, warnings.takeSuppressed(), bug);
    }
  }
}
