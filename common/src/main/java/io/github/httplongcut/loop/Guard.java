package io.github.httplongcut.loop;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each part of a loop task separately, so that an exception in one part does not prevent the
 * others. Call from one {@link Loop} only.
 */
public final class Guard {

  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  private final RateLimit warnings =
      new RateLimit(Duration.ofSeconds(1)); // a bug may recur with each tick

  /**
   * Runs {@code task} and logs what it throws as a bug, at most once a second.
   *
   * @param part name of the task in the log
   * @return true if the task has thrown nothing
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

  /** Logs a bug that the caller has caught, at most once a second. */
  public void bug(String part, Throwable bug) {
    if (warnings.allows(System.nanoTime())) {
      log.error("event=bug part={} suppressed={}", part, warnings.takeSuppressed(), bug);
    }
  }
}
