package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.RabbitMqNode;
import java.nio.file.Path;

/**
 * Settings and tools that all parts of a run share.
 *
 * @param home directory of the checkout
 * @param logs directory for logs and data of the run's processes
 * @param seconds duration of a step
 * @param rounds number of measurements of each step
 */
record Bench(Path home, Path logs, int seconds, int rounds, Wrk wrk, BenchReport report) {

  private static final int WARM_UP_SECONDS = 5;
  private static final int MAX_WARM_UP_RUNS = 12;

  /** A run counts as faster if its throughput is over the best one so far times this factor. */
  private static final double FASTER = 1.05;

  /**
   * Loads a server until its throughput no longer grows. The JIT compiler needs up to a minute on a
   * small or busy machine, and figures from before that do not count.
   */
  void warmUp(String url, Wrk.Load load) {
    say("warming up");
    double best = 0;
    int notFaster = 0;
    for (int i = 0; i < MAX_WARM_UP_RUNS && notFaster < 2; i++) {
      double perSecond = wrk.run(url, load, WARM_UP_SECONDS).perSecond();
      notFaster = perSecond > FASTER * best ? 0 : notFaster + 1;
      best = Math.max(best, perSecond);
    }
  }

  /** Starts a RabbitMQ node with this checkout's topology, in a directory below {@link #logs}. */
  RabbitMqNode startRabbitMq(String name) {
    return new RabbitMqNode(home, logs.resolve(name));
  }

  /** Prints progress for the person at the terminal. */
  void say(String message) {
    System.err.println("bench: " + message);
  }
}
