package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps of a change in RabbitMQ that are done. If a later step fails, the error names them. Not
 * thread-safe.
 */
final class Progress {

  static final String REPEAT = "The command can be repeated";

  private final List<String> done = new ArrayList<>();
  private String remedy = REPEAT;

  /** Sets the remedy for steps that fail from now on. */
  void remedy(String sentence) {
    remedy = sentence;
  }

  /** Runs a step. */
  void step(String name, Runnable step) {
    try {
      step.run();
    } catch (CommandFailedException e) {
      throw new CommandFailedException(
          "%s; failed: %s; done before: %s. %s"
              .formatted(
                  e.getMessage(),
                  name,
                  done.isEmpty() ? "nothing" : String.join(", ", done),
                  remedy),
          e);
    }
    done.add(name);
  }
}
