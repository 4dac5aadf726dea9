package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The core package, and the fair clock that it uses, only decide: no I/O, no clock, no AMQP. */
class CorePurityTest {

  private static final Pattern ALLOWED =
      Pattern.compile(
          "import (java\\.(time\\.Duration|util\\.(?!concurrent\\.)[\\w.]+)"
              + "|io\\.github\\.httplongcut\\.((protocol|share|broker\\.core)\\.[\\w.]+"
              + "|loop\\.FairClock));");
  private static final Pattern CLOCK_OR_IO = Pattern.compile("\\b(System|Thread|Instant)\\.");

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
    Path root = Path.of(System.getProperty("longcut.root"));
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(root.resolve(javaFile("broker", "broker/core")))) {
      for (Path file : files.toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    assertThat(lines).isNotEmpty();
    lines.addAll(Files.readAllLines(root.resolve(javaFile("common", "loop/FairClock.java"))));
    return lines;
  }

  private static String javaFile(String module, String path) {
    return module + "/src/main/java/io/github/httplongcut/" + path;
  }
}
