package io.github.httplongcut.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A child process whose output goes to a log file. Its standard input stays open for as long as
 * this JVM runs.
 *
 * <p>Thread-safe. Every failure is a {@link TestkitException} with the end of the output.
 */
public final class ChildProcess implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(60);
  private static final long POLL_MILLIS = 20;

  /** Number of characters of the output in the message of an exception. */
  private static final int EXCERPT = 4_000;

  private final String name;
  private final Process process;
  private final Path log;

  private ChildProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a child process.
   *
   * @param name name of the process in error messages
   * @param log file for standard output and standard error; replaced if it exists
   */
  public static ChildProcess start(String name, List<String> command, Path log) {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new ChildProcess(name, process, log);
    } catch (IOException e) {
      throw new TestkitException("cannot start " + name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Runs a program to its end, without input. Its log is a temporary file, which stays if the
   * program fails.
   *
   * @return the output
   * @throws TestkitException if the exit code is not 0, or if the program does not end in time
   */
  public static String run(List<String> command, Duration atMost) {
    try {
      Path log = Files.createTempFile("longcut-", ".log");
      try (ChildProcess child = start(String.join(" ", command), command, log)) {
        child.process.getOutputStream().close();
        String output = child.join(atMost);
        Files.delete(log);
        return output;
      }
    } catch (IOException e) {
      throw new TestkitException("cannot run " + String.join(" ", command), e);
    }
  }

  /** Returns the name of the process in error messages. */
  public String name() {
    return name;
  }

  /** Returns the process id of the operating system. */
  public long pid() {
    return process.pid();
  }

  /** Returns whether the process has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the output so far. */
  public String output() {
    try {
      // Unlike Files.readString, accepts a character of which only the first bytes are written.
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new TestkitException("cannot read " + log, e);
    }
  }

  /**
   * Waits for output that matches a pattern, and returns the first match.
   *
   * @throws TestkitException if the process ends without such output, or after a timeout
   */
  public MatchResult awaitOutput(Pattern pattern, Duration atMost) {
    return await(
        "output that matches " + pattern,
        atMost,
        () -> {
          Matcher matcher = pattern.matcher(output());
          return matcher.find() ? Optional.of(matcher.toMatchResult()) : Optional.empty();
        });
  }

  /**
   * Waits until {@code found} returns a value, and returns that value.
   *
   * @param awaited name of the awaited thing, for the error message
   * @throws TestkitException if the process ends, or after a timeout
   */
  public <T> T await(String awaited, Duration atMost, Supplier<Optional<T>> found) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      // Checked first: the process may print its last line and end during the search.
      boolean alive = process.isAlive();
      Optional<T> result = found.get();
      if (result.isPresent()) {
        return result.get();
      }
      if (!alive) {
        throw failure("ended with exit code " + process.exitValue());
      }
      if (System.nanoTime() - deadline >= 0) {
        throw failure("timed out: still waiting for " + awaited);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw TestkitException.interrupted(e);
      }
    }
  }

  /**
   * Waits until the process ends, and returns its exit code.
   *
   * @throws TestkitException if the process does not end in time
   */
  public int awaitExit(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failure("did not end within " + atMost.toSeconds() + " s");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw TestkitException.interrupted(e);
    }
  }

  /**
   * Waits until the process ends, and returns its output.
   *
   * @throws TestkitException if the exit code is not 0, or if the process does not end in time
   */
  public String join(Duration atMost) {
    int exitCode = awaitExit(atMost);
    if (exitCode != 0) {
      throw failure("ended with exit code " + exitCode);
    }
    return output();
  }

  /** Sends SIGTERM without waiting; does nothing if the process has ended. */
  public void terminate() {
    process.toHandle().destroy(); // Process.destroy would also close standard input
  }

  /** Sends a signal, such as {@code STOP}. */
  public void signal(String signal) {
    run(List.of("kill", "-" + signal, Long.toString(pid())), SIGNAL_TIMEOUT);
  }

  /** Sends SIGKILL and waits until the process has ended. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(KILL_TIMEOUT);
  }

  /**
   * Sends SIGTERM and waits until the process has ended.
   *
   * @throws TestkitException if the process had to be killed after a timeout
   */
  public void stop(Duration atMost) {
    terminate();
    try {
      awaitExit(atMost);
    } catch (TestkitException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Stops the process with SIGTERM, and with SIGKILL after a timeout. */
  @Override
  public void close() {
    terminate();
    try {
      if (!process.waitFor(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private TestkitException failure(String problem) {
    String output = output();
    String end = output.substring(Math.max(0, output.length() - EXCERPT));
    return new TestkitException(name + " " + problem + ". The end of " + log + ":\n" + end);
  }
}
