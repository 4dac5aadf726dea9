package io.github.httplongcut.system.demo;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A running {@code ./longcut} process. */
final class Command implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final ChildProcess process;

  private Command(ChildProcess process) {
    this.process = process;
  }

  /** Starts {@code ./longcut} with these arguments. */
  static Command start(Map<String, String> environment, String... arguments) {
    String launcher = Checkout.file("longcut").toString();
    List<String> command = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> command.add(name + "=" + value));
    command.add(launcher);
    command.addAll(List.of(arguments));
    Path log = TemporaryFolder.create(Path.of("target"), "longcut-").resolve("output.log");
    return new Command(
        ChildProcess.start(launcher + " " + String.join(" ", arguments), command, log));
  }

  /**
   * Runs {@code ./longcut} to its end and returns its output.
   *
   * @throws IllegalStateException if the exit code is not 0
   */
  static String run(Map<String, String> environment, String... arguments) {
    try (Command command = start(environment, arguments)) {
      return command.process.join(PATIENCE);
    }
  }

  /** Waits until the output matches {@code pattern}; returns the first group. */
  String awaitOutput(Pattern pattern) {
    return process.awaitOutput(pattern, PATIENCE).group(1);
  }

  String output() {
    return process.output();
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.terminate();
  }

  /** Waits until the process ends and returns its exit code. */
  int awaitEnd() {
    return process.awaitExit(PATIENCE);
  }

  /** Sends SIGTERM if the process still runs, and waits until it ends. */
  @Override
  public void close() {
    process.stop(PATIENCE);
  }
}
