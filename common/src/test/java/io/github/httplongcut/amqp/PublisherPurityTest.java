package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The classes that decide about publications only decide: no I/O, no clock, no thread, no log. */
class PublisherPurityTest {

  private static final Set<String> PURE =
      Set.of(
          "PublisherState",
          "PublishingConnection",
          "PublishingChannels",
          "PublishingChannel",
          "PublishingEffects",
          "PublishingJournal",
          "LinkWork",
          "BatchQueue",
          "Unconfirmed",
          "WrittenMessage",
          "Nacks",
          "Refusals",
          "Refusal",
          "SilenceDetector");

  /** Classes of which the pure ones use only a record. */
  private static final Set<String> WITH_RECORDS = Set.of("PublisherLimits", "Outcomes");

  private static final Pattern ALLOWED_IMPORT =
      Pattern.compile(
          "import (java\\.(time\\.Duration|util\\.(?!concurrent\\.)[\\w.]+)"
              + "|io\\.github\\.httplongcut\\.(protocol|session|amqp)\\.[\\w.]+"
              + "|io\\.github\\.httplongcut\\.loop\\.RateLimit);");
  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
  private static final Pattern CLOCK_OR_IO =
      Pattern.compile("\\b(System|Thread|Instant|rabbitmq|slf4j|concurrent)\\.");

  @Test
  void pureClassesImportOnlyValuesAndCollections() throws IOException {
    for (String name : PURE) {
      assertThat(code(name).lines().filter(line -> line.startsWith("import ")))
          .as(name)
          .allMatch(line -> ALLOWED_IMPORT.matcher(line).matches());
    }
  }

  @Test
  void pureClassesReadNeitherSystemNorClock() throws IOException {
    for (String name : PURE) {
      assertThat(code(name)).as(name).doesNotContainPattern(CLOCK_OR_IO);
    }
  }

  /** They need no import for the other classes of their package. */
  @Test
  void pureClassesUseOnlyEachOther() throws IOException {
    Set<String> others = classesOfPackage();
    others.removeAll(PURE);
    others.removeAll(WITH_RECORDS);
    Pattern anyOther = Pattern.compile("\\b(" + String.join("|", others) + ")\\b");
    for (String name : PURE) {
      assertThat(code(name)).as(name).doesNotContainPattern(anyOther);
    }
  }

  private static Set<String> classesOfPackage() throws IOException {
    try (Stream<Path> files = Files.list(sources())) {
      Set<String> names =
          files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
      assertThat(names).containsAll(PURE);
      return names;
    }
  }

  /** Returns the source of a class, without comments. */
  private static String code(String name) throws IOException {
    String source = Files.readString(sources().resolve(name + ".java"));
    return COMMENT.matcher(source).replaceAll("");
  }

  private static Path sources() {
    return Path.of(
        System.getProperty("longcut.root"), "common/src/main/java/io/github/httplongcut/amqp");
  }
}
