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
record Bench(Path home, Path logs, int seconds, int rounds, Wrk wrk, BenchReport report) {

  private static final int WARM_UP_SECONDS = 5;
  private static final int LONGEST_WARM_UP = 12;
  private static final double STILL_GROWING = 1.05;

  /**
   * Loads a server until it gets no faster: Java compiles what is used often, which on a small or
   * busy machine takes a minute, and until then it is another program.
   */
  void warmUp(String url, Wrk.Load load) {
    say("warming up");
    double best = 0;
    int slower = 0;
    for (int i = 0; i < LONGEST_WARM_UP && slower < 2; i++) {
      double perSecond = wrk.run(url, load, WARM_UP_SECONDS).perSecond();
      slower = perSecond > STILL_GROWING * best ? 0 : slower + 1;
      best = Math.max(best, perSecond);
    }
  }

  /** Tells the person at the terminal what is going on. */
  void say(String what) {
    System.err.println("bench: " + what);
  }
}
