package io.github.httplongcut.system.metrics;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.TestkitException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Prometheus' tool that checks metrics, rules and configurations. */
final class Promtool {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private Promtool() {}

  /** Skips the test where promtool is not installed; {@code ./longcut test} installs it. */
  static void assumeInstalled() {
    boolean installed =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "promtool")));
    assumeTrue(installed, "promtool is not installed (Debian: the package prometheus)");
  }

  /** Runs promtool; returns its output. Fails if promtool does. */
  static String run(String... arguments) {
    return ChildProcess.run(
        Stream.concat(Stream.of("promtool"), Stream.of(arguments)).toList(), TIMEOUT);
  }

  /** Returns promtool's complaints about a page {@code /metrics}; empty if it has none. */
  static String checkMetrics(String page) throws IOException {
    Path file = Files.createTempFile("longcut-", ".metrics");
    try {
      Files.writeString(file, page);
      return ChildProcess.run(
          List.of("sh", "-c", "promtool check metrics <\"$1\" 2>&1", "sh", file.toString()),
          TIMEOUT);
    } catch (TestkitException e) {
      return e.getMessage();
    } finally {
      Files.delete(file);
    }
  }
}
