package io.github.httplongcut.bench;

import java.nio.file.Path;

/**
 * What every part of a run needs.
 *
 * @param home the checkout
 * @param logs where everything writes
 * @param seconds how long a step is
 * @param rounds how often each step is measured
 */
record Bench(Path home, Path logs, int seconds, int rounds, Wrk wrk, Report report) {

  /** As many steps long. */
  private static final int WARM_UP_STEPS = 3;

  int warmUpSeconds() {
    return WARM_UP_STEPS * seconds;
  }

  /** Tells the person at the terminal what is going on. */
  void say(String what) {
    System.err.println("bench: " + what);
  }
}
