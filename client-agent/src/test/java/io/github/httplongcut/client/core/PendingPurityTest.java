package io.github.httplongcut.client.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The core package only decides: no I/O, no clock, no AMQP, no log, no metrics. */
class PendingPurityTest {

  private static final Pattern ALLOWED =
      Pattern.compile(
          "import (java\\.(time\\.Duration|util\\.(?!concurrent\\.)[\\w.]+)"
              + "|io\\.github\\.httplongcut\\.(loop\\.FairClock|(protocol|client\\.core)\\.[\\w.]+));");
  private static final Pattern CLOCK_RANDOM_OR_IO =
      Pattern.compile("\\b(System|Thread|Instant)\\.|randomUUID");

  @Test
  void coreImportsOnlyValuesAndCollections() throws IOException {
    for (String line : sources()) {
      if (line.startsWith("import ")) {
        assertThat(line).matches(ALLOWED);
      }
    }
  }

  @Test
  void coreReadsNeitherSystemNorClockAndMakesNoRandomIds() throws IOException {
    assertThat(sources()).noneMatch(line -> CLOCK_RANDOM_OR_IO.matcher(line).find());
  }

  private static List<String> sources() throws IOException {
    Path core =
        Path.of(
            System.getProperty("longcut.root"),
            "client-agent/src/main/java/io/github/httplongcut/client/core");
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
