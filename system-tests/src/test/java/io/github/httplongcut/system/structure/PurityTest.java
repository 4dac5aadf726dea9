package io.github.httplongcut.system.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classes that decide only decide: no I/O, no clock, no thread, no log, no random ids, no AMQP. */
class PurityTest {

  /** State classes of the package {@code amqp}, which has other classes, too. */
  private static final Set<String> AMQP_STATES =
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
          "SilenceDetector",
          "ConsumerState",
          "Consumers",
          "DeliveryTags",
          "FenceTimes",
          "PendingAcks");

  /** Other classes of the package {@code amqp}, of which the state classes use only a record. */
  private static final Set<String> WITH_RECORDS = Set.of("PublisherLimits", "Outcomes");

  /** All classes of a folder. */
  private static final Set<String> ALL = Set.of();

  /**
   * Classes that must be pure.
   *
   * @param names simple names; {@link #ALL} for every class of the folder
   * @param ownImports pattern of what they may import of this project besides {@code protocol}
   */
  private record Deciders(String module, String folder, Set<String> names, String ownImports) {

    Path path() {
      return Checkout.root()
          .resolve(module)
          .resolve("src/main/java/io/github/httplongcut/" + folder);
    }

    Pattern allowedImport() {
      return Pattern.compile(
          "import (java\\.(net\\.URI|time\\.Duration|util\\.(?!concurrent\\.)[\\w.]+)"
              + "|io\\.github\\.httplongcut\\.(protocol\\..*|"
              + ownImports
              + "));");
    }

    /** Returns the source of each class without comments, by the class's name. */
    Map<String, String> sources() throws IOException {
      Map<String, String> sources = new TreeMap<>();
      try (Stream<Path> files = Files.list(path())) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString().replace(".java", "");
          if (names.equals(ALL) || names.contains(name)) {
            sources.put(name, COMMENT.matcher(Files.readString(file)).replaceAll(""));
          }
        }
      }
      return sources;
    }
  }

  private static final Deciders AMQP =
      new Deciders("common", "amqp", AMQP_STATES, "(amqp|session)\\..*|loop\\.RateLimit");

  static Stream<Deciders> deciders() {
    return Stream.of(
        new Deciders("client-agent", "client/core", ALL, "client\\.core\\..*|loop\\.FairClock"),
        new Deciders("broker", "broker/core", ALL, "(broker\\.core|share)\\..*|loop\\.FairClock"),
        new Deciders("upstream-agent", "upstream/core", ALL, "upstream\\.core\\..*"),
        new Deciders("common", "loop", Set.of("FairClock", "RateLimit"), "loop\\..*"),
        AMQP);
  }

  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);

  private static final Pattern IMPURE =
      Pattern.compile(
          "\\b(System|Thread|Instant|rabbitmq|slf4j|concurrent)\\.|\\brandomUUID|\\bMath\\.random");

  @ParameterizedTest
  @MethodSource("deciders")
  void deciderImportsOnlyValuesAndCollections(Deciders deciders) throws IOException {
    Map<String, String> sources = deciders.sources();

    assertThat(sources).isNotEmpty();
    sources.forEach(
        (name, source) ->
            assertThat(source.lines().filter(line -> line.startsWith("import ")))
                .as(name)
                .allMatch(line -> deciders.allowedImport().matcher(line).matches()));
  }

  @ParameterizedTest
  @MethodSource("deciders")
  void deciderReadsNeitherSystemNorClock(Deciders deciders) throws IOException {
    deciders
        .sources()
        .forEach((name, source) -> assertThat(source).as(name).doesNotContainPattern(IMPURE));
  }

  /** State classes need no import for the other classes of their package. */
  @Test
  void stateClassesOfAmqpUseOnlyEachOther() throws IOException {
    Map<String, String> states = AMQP.sources();
    assertThat(states.keySet()).isEqualTo(AMQP_STATES);
    List<String> others;
    try (Stream<Path> files = Files.list(AMQP.path())) {
      others =
          files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .filter(name -> !AMQP_STATES.contains(name) && !WITH_RECORDS.contains(name))
              .toList();
    }
    Pattern anyOther = Pattern.compile("\\b(" + String.join("|", others) + ")\\b");

    states.forEach((name, source) -> assertThat(source).as(name).doesNotContainPattern(anyOther));
  }
}
