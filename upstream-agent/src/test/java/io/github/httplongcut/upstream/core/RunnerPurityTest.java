package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The core package only decides: no I/O, no clock, no AMQP. */
final class RunnerPurityTest {

  private static final Pattern ALLOWED =
      Pattern.compile(
          "import (java\\.(net\\.URI|time\\.Duration|util\\.(?!concurrent\\.)[\\w.]+)"
              + "|io\\.github\\.httplongcut\\.(protocol|upstream\\.core)\\.[\\w.]+);");
  private static final Pattern CLOCK_OR_IO =
      Pattern.compile("\\b(System|Thread|Instant)\\.|randomUUID|Math\\.random");

  @Test
  void coreImportsOnlyValuesAndCollections() throws IOException {
    for (String line : sources()) {
      if (line.startsWith("import ")) {
        assertThat(line).matches(ALLOWED);
      }
    }
  }

  @Test
  void coreReadsNeitherSystemNorClock() throws IOException {
    assertThat(sources()).noneMatch(line -> CLOCK_OR_IO.matcher(line).find());
  }

  private static List<String> sources() throws IOException {
    Path core =
        Path.of(
            System.getProperty("longcut.root"),
            "upstream-agent/src/main/java/io/github/httplongcut/upstream/core");
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(core)) {
      for (Path file : files.toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    assertThat(lines).isNotEmpty();
    return lines;
  }
}
