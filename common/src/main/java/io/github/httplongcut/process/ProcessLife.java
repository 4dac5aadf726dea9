package io.github.httplongcut.process;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.config.Version;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a role's process: starts it, waits for a stop signal, closes it. */
final class ProcessLife<C extends RoleConfig> {

  /** Time after the drain timeout for the last messages and for closing the connections. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final int ENDED = 0;
  private static final int FAILED = 1;
  private static final Logger log = LoggerFactory.getLogger(ProcessLife.class);

  private final Role role;
  private final RoleStarter<C> starter;
  private final PrintWriter err;
  private final Duration grace;

  ProcessLife(Role role, RoleStarter<C> starter, PrintWriter err, Duration grace) {
    this.role = role;
    this.starter = starter;
    this.err = err;
    this.grace = grace;
  }

  /**
   * Starts the role, waits for SIGTERM or SIGINT, closes the role; returns the exit code.
   *
   * @param settings the effective settings as text, with passwords hidden
   */
  int live(C config, String settings) throws InterruptedException {
    // Installed before the start: a signal during the start stops the process right after it.
    StopSignal stop = StopSignal.install();
    try {
      return live(config, settings, stop);
    } finally {
      stop.ended();
    }
  }

  private int live(C config, String settings, StopSignal stop) throws InterruptedException {
    log.info("event=starting role={} version={}", role.key(), Version.current());
    AutoCloseable running;
    try {
      running = starter.start(config, settings);
    } catch (StartException e) {
      log.debug("event=start_failed", e);
      err.println("longcut " + role.key() + ": cannot start: " + e.getMessage());
      err.flush();
      return FAILED;
    } catch (Exception e) {
      log.error("event=start_failed", e);
      return FAILED;
    }
    log.info("event=started role={}", role.key());
    String signal = stop.await();
    log.info("event=stopping signal={} drain_timeout={}", signal, config.drainTimeout());
    return close(running, config.drainTimeout().plus(grace));
  }

  /** Closes on a separate thread, so that a close that hangs cannot keep the process alive. */
  private static int close(AutoCloseable running, Duration atMost) throws InterruptedException {
    AtomicReference<Exception> failure = new AtomicReference<>();
    Thread closing =
        new Thread(
            () -> {
              try {
                running.close();
              } catch (Exception e) {
                failure.set(e);
              }
            },
            "stop");
    closing.setDaemon(true);
    closing.start();
    closing.join(atMost.toMillis());
    if (closing.isAlive()) {
      log.error("event=stop_hangs waited={}", atMost);
      return FAILED;
    }
    if (failure.get() != null) {
      log.error("event=stop_failed", failure.get());
      return FAILED;
    }
    log.info("event=stopped");
    return ENDED;
  }
}
