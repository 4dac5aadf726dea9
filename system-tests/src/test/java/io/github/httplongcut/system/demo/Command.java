package io.github.httplongcut.system.demo;

import static org.awaitility.Awaitility.await;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running {@code ./longcut} process. */
final class Command implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final Path output;
  private final String line;

  private Command(Process process, Path output, String line) {
    this.process = process;
    this.output = output;
    this.line = line;
  }

  /** Starts {@code ./longcut} with these arguments. */
  static Command start(Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>(List.of(Checkout.file("longcut").toString()));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile(Path.of("target"), "longcut-", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      return new Command(builder.start(), output, String.join(" ", command));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs {@code ./longcut} to its end and returns its output.
   *
   * @throws IllegalStateException if the exit code is not 0
   */
  static String run(Map<String, String> environment, String... arguments) {
    try (Command command = start(environment, arguments)) {
      int exitCode = command.awaitEnd();
      if (exitCode != 0) {
        throw new IllegalStateException(
            command.line + " ended with " + exitCode + ":\n" + command.output());
      }
      return command.output();
    }
  }

  /** Waits until the output matches {@code pattern}; returns the first group. */
  String awaitOutput(Pattern pattern) {
    await(line)
        .atMost(PATIENCE)
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException(line + " has ended:\n" + output());
              }
              return pattern.matcher(output()).find();
            });
    Matcher matcher = pattern.matcher(output());
    return matcher.find() ? matcher.group(1) : "";
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits until the process ends and returns its exit code. */
  int awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException(line + " does not end:\n" + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends SIGTERM if the process still runs, and waits until it ends. */
  @Override
  public void close() {
    if (process.isAlive()) {
      terminate();
      awaitEnd();
    }
  }
}
