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
 * A process that this one starts, watches and stops. What it prints is in a log file beside the
 * others. Should this process be killed, the kernel tells it to end; so it must be started by a
 * thread that lives as long as the run: the main one.
 */
final class Child implements AutoCloseable {

  private static final Duration STOP = Duration.ofSeconds(10);
  private static final Duration START = Duration.ofSeconds(90);
  private static final long POLL_MILLIS = 20;

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts it; its standard input stays open for as long as this process lives. */
  static Child start(Path directory, String name, List<String> command) {
    Path log = directory.resolve(name + ".log");
    List<String> withUs = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM"));
    withUs.addAll(command);
    try {
      Process process =
          new ProcessBuilder(withUs).redirectErrorStream(true).redirectOutput(log.toFile()).start();
      return new Child(name, process, log);
    } catch (IOException e) {
      throw new BenchException("could not start " + name + ": " + e.getMessage(), e);
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  /** All that it has printed so far. */
  String output() {
    try {
      return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new BenchException("cannot read " + log, e);
    }
  }

  /** The port in its log line {@code event=EVENT ... port=N}, once it is there. */
  int loggedPort(String event) {
    Pattern line = Pattern.compile("event=" + event + "\\b.*\\bport=(\\d+)");
    return Integer.parseInt(
        await(
            () -> {
              Matcher matcher = line.matcher(output());
              return matcher.find() ? matcher.group(1) : null;
            },
            "its " + event));
  }

  /**
   * Waits until {@code found} gives something.
   *
   * @throws BenchException if it ends, or takes too long
   */
  <T> T await(Supplier<T> found, String what) {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      T result = found.get();
      if (result != null) {
        return result;
      }
      if (!process.isAlive()) {
        throw failed("ended with exit code " + process.exitValue());
      }
      if (System.nanoTime() - deadline >= 0) {
        throw failed("took too long for " + what);
      }
      pause(Duration.ofMillis(POLL_MILLIS));
    }
  }

  /**
   * Waits for its end and gives what it printed.
   *
   * @throws BenchException if it fails, or runs for longer than {@code atMost}
   */
  String join(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed("does not end");
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

  /** Runs a command to its end and gives what it printed. */
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

  private BenchException failed(String how) {
    String output = output();
    String end = output.substring(Math.max(0, output.length() - 2_000));
    return new BenchException(name + " " + how + "; the end of " + log + ":\n" + end);
  }

  /** Asks it to end, then makes it. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
