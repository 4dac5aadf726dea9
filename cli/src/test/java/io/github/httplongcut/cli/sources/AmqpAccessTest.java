package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.sources.RelaySettings.AmqpOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AmqpAccessTest {

  /** A suspended RabbitMQ: the kernel accepts the connection, and nothing answers. */
  @Test
  void frozenRabbitMqIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      int port = silent.getLocalPort();

      assertThatThrownBy(() -> access(port, Duration.ofMillis(300)).connect("test"))
          .isInstanceOf(CommandFailedException.class)
          .hasMessage(
              "RabbitMQ at 127.0.0.1:%d, vhost v did not answer within 300 ms; check that it runs and is"
                  + " not suspended",
              port);
    }
  }

  @Test
  void errorNamesTheAddressAndTheRemedy() throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }

    assertThatThrownBy(() -> access(port, Duration.ofSeconds(10)).connect("test"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("127.0.0.1:" + port, "Connection refused", "--amqp")
        .hasMessageNotContaining("secret");
  }

  @Test
  void noPasswordIsSentToAnotherMachineInPlainText() {
    AmqpAccess access = access("amqp://u:secret@127.0.0.1:1/v,amqp://u:secret@192.0.2.1/v", "");

    assertThatThrownBy(() -> access.connect("test"))
        .isInstanceOfSatisfying(
            CommandFailedException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageStartingWith("192.0.2.1:5672 is not a loopback address")
        .hasMessageContainingAll("amqps://", "LONGCUT_AMQP_PLAIN_TEXT")
        .hasMessageNotContaining("secret");
  }

  @Test
  void anAllowedAddressIsNotRefused() {
    assertThat(access("amqp://u:p@192.0.2.1/v", "allowed").refusal()).isEmpty();
    assertThat(access("amqps://u:p@192.0.2.1/v", "").refusal()).isEmpty();
    assertThat(access("amqp://u:p@192.0.2.1/v", "refused").refusal()).isPresent();
  }

  private static AmqpAccess access(String uris, String plainText) {
    return access(uris, plainText, Duration.ofSeconds(10));
  }

  private static AmqpAccess access(int port, Duration limit) {
    return access("amqp://u:secret@127.0.0.1:%d/v".formatted(port), "", limit);
  }

  private static AmqpAccess access(String uris, String plainText, Duration limit) {
    RelaySettings settings =
        RelaySettings.read(
            Optional.empty(),
            new AmqpOptions(uris, null),
            plainText.isEmpty() ? Map.of() : Map.of("LONGCUT_AMQP_PLAIN_TEXT", plainText));
    return new AmqpAccess(settings, limit);
  }
}
