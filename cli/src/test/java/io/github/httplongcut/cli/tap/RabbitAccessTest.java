package io.github.httplongcut.cli.tap;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** Tests the options with RabbitMQ's addresses. */
class RabbitAccessTest {

  private static final class Tool {
    @Mixin private final RabbitAccess access = new RabbitAccess();
  }

  @ParameterizedTest
  @CsvSource({
    "amqp://u:p@no_such_host.invalid/v, 'no_such_host.invalid:5672, vhost v'",
    "amqp://u:%40%2F%23%2C%25+@no_such_host.invalid:7/v%2Fw, 'no_such_host.invalid:7, vhost v/w'",
    "amqps://u:p@no-such-host.invalid, 'no-such-host.invalid:5671, vhost /'"
  })
  void theHostOfTheUriIsUsed(String uri, String place) {
    assertThatThrownBy(() -> access("--amqp", uri).connect())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageStartingWith("cannot connect to RabbitMQ at " + place);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amqp://u:sec@ret@h/v",
        "amqp://u:sec@ret@h_1/v",
        "amqp://u:sec/ret@h/v",
        "amqp://u:12/ret@h/v",
        "amqp://u:sec#ret@h/v",
        "amqp://u:12#ret@h/v",
        "amqp://u:12?ret@h/v",
        "amqp://u:sec%ret@h/v",
        "http://u:secret@h"
      })
  void errorDoesNotShowAnInvalidUri(String uri) {
    assertThatThrownBy(() -> access("--amqp", uri).connect())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageStartingWith("--amqp: expected amqp://user:password@host:port/vhost, with @")
        .message()
        .doesNotContain("sec", "ret@");
    if (!uri.startsWith("http:")) {
      String management = uri.replace("amqp:", "http:");
      assertThatThrownBy(
              () -> access("--amqp=amqp://u:p@h/v", "--management", management).management())
          .isInstanceOf(CommandFailedException.class)
          .hasMessageContainingAll("--management", "@ written as %40")
          .message()
          .doesNotContain("sec", "ret@");
    }
  }

  private static RabbitAccess access(String... arguments) {
    Tool tool = new Tool();
    new CommandLine(tool).parseArgs(arguments);
    return tool.access;
  }
}
