package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The state classes of this package only decide: no AMQP client, no clock, no lock, no log. */
class AmqpPurityTest {

  private static final List<String> STATE_CLASSES =
      List.of("ConsumerState", "Consumers", "DeliveryTags", "FenceTimes", "PendingAcks");

  private static final Pattern IMPURE =
      Pattern.compile(
          "\\b(com\\.rabbitmq|org\\.slf4j|java\\.util\\.concurrent|java\\.io|java\\.net)\\."
              + "|\\b(System|Thread|Instant)\\.");

  @Test
  void stateClassesOnlyDecide() throws IOException {
    Path directory =
        Path.of(
            System.getProperty("longcut.root"), "common/src/main/java/io/github/httplongcut/amqp");
    for (String name : STATE_CLASSES) {
      assertThat(Files.readAllLines(directory.resolve(name + ".java")))
          .as(name)
          .noneMatch(line -> IMPURE.matcher(line).find());
    }
  }
}
