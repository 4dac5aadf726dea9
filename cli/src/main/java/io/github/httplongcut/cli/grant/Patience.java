package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits until RabbitMQ has carried out a change: it closes connections in the background. */
final class Patience {

  private static final long PAUSE_MS = 50;

  /** With the pauses, at least ten seconds. An attempt that removes much takes longer. */
  private static final int ATTEMPTS = 200;

  private Patience() {}

  /**
   * Repeats an attempt until it succeeds.
   *
   * @param problem the error message if no attempt succeeds
   */
  static void until(BooleanSupplier attempt, Supplier<String> problem) {
    for (int number = 0; number < ATTEMPTS; number++) {
      if (attempt.getAsBoolean()) {
        return;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailedException("interrupted", e);
      }
    }
    throw new CommandFailedException(problem.get());
  }
}
