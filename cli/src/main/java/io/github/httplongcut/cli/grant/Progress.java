package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps of a change in RabbitMQ that are done. If a later step fails, the error names them. Not
 * thread-safe.
 */
final class Progress {

  private final List<String> done = new ArrayList<>();

  /** Runs a step. */
  void step(String name, Runnable step) {
    try {
      step.run();
    } catch (CommandFailedException e) {
      throw new CommandFailedException(
          "%s; failed: %s; done before: %s. The command can be repeated"
              .formatted(
                  e.getMessage(), name, done.isEmpty() ? "nothing" : String.join(", ", done)),
          e);
    }
    done.add(name);
  }
}
