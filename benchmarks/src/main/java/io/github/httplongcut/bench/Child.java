package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A child process whose output goes to a log file. If this process is killed, the kernel sends the
 * child SIGTERM. The kernel also does so when the thread that started the child ends, so the main
 * thread must start it.
 */
final class Child implements AutoCloseable {

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final long POLL_MILLIS = 20;

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts a child. Its standard input stays open for as long as this process lives. */
  static Child start(Path directory, String name, List<String> command) {
    Path log = directory.resolve(name + ".log");
    try {
      Process process =
          new ProcessBuilder(endingWithParent(command))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new Child(name, process, log);
    } catch (IOException e) {
      throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
    }
  }

  /** Returns a command whose process gets SIGTERM when the thread that started it ends. */
  static List<String> endingWithParent(List<String> command) {
    List<String> endingWithParent = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM"));
    endingWithParent.addAll(command);
    return endingWithParent;
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  /** Returns everything that the child has printed so far. */
  String output() {
    try {
      return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new BenchException("cannot read " + log, e);
    }
  }

  /** Waits for the log line {@code event=EVENT ... port=N} and returns the port. */
  int loggedPort(String event) {
    Pattern line = Pattern.compile("event=" + event + "\\b.*\\bport=(\\d+)");
    return Integer.parseInt(
        await(
            () -> {
              Matcher matcher = line.matcher(output());
              return matcher.find() ? matcher.group(1) : null;
            },
            "its log line event=" + event));
  }

  /**
   * Waits until {@code found} returns a value other than null, and returns that value.
   *
   * @param awaited name of the awaited thing, for the error message
   * @throws BenchException if the child ends, or after a timeout
   */
  <T> T await(Supplier<T> found, String awaited) {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      T result = found.get();
      if (result != null) {
        return result;
      }
      if (!process.isAlive()) {
        throw failed("ended with exit code " + process.exitValue());
      }
      if (System.nanoTime() - deadline >= 0) {
        throw failed("timed out: still waiting for " + awaited);
      }
      pause(Duration.ofMillis(POLL_MILLIS));
    }
  }

  /**
   * Waits until the child ends, and returns its output.
   *
   * @throws BenchException if the exit code is not 0, or the child runs for longer than {@code
   *     atMost}
   */
  String join(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed("did not end within " + atMost.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    if (process.exitValue() != 0) {
      throw failed("ended with exit code " + process.exitValue());
    }
    return output();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Runs a command to its end and returns its output. */
  static String run(Path directory, String name, Duration atMost, List<String> command) {
    try (Child child = start(directory, name, command)) {
      return child.join(atMost);
    }
  }

  static void pause(Duration duration) {
    try {
      TimeUnit.NANOSECONDS.sleep(duration.toNanos());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static BenchException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new BenchException("interrupted", e);
  }

  private BenchException failed(String problem) {
    String output = output();
    String end = output.substring(Math.max(0, output.length() - 2_000));
    return new BenchException(name + " " + problem + ". The end of " + log + ":\n" + end);
  }

  /** Stops the child with SIGTERM, and with SIGKILL after a timeout. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
