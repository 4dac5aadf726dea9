package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.ChildProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts child processes that do not outlive this process: if it is killed, the kernel sends them
 * SIGTERM. The kernel also does so when the thread that started a child ends, so the main thread
 * must start it.
 */
final class Children {

  /** Time in which a child must be ready. */
  static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private Children() {}

  /** Returns a command whose process gets SIGTERM when the thread that started it ends. */
  static List<String> endingWithParent(List<String> command) {
    List<String> endingWithParent = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM"));
    endingWithParent.addAll(command);
    return endingWithParent;
  }

  /** Starts a child. Its output goes to {@code <name>.log}. */
  static ChildProcess start(Path logs, String name, List<String> command) {
    return ChildProcess.start(name, endingWithParent(command), logs.resolve(name + ".log"));
  }

  /** Runs a command to its end and returns its output. */
  static String run(Path logs, String name, Duration atMost, List<String> command) {
    try (ChildProcess child = start(logs, name, command)) {
      return child.join(atMost);
    }
  }

  static void pause(Duration duration) {
    try {
      TimeUnit.NANOSECONDS.sleep(duration.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }
}
