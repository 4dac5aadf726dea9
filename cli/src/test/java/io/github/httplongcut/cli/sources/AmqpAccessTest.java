package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Sources;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
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

  private static AmqpAccess access(int port, Duration limit) {
    String text = "longcut { amqp.uris = \"amqp://u:secret@127.0.0.1:%d/v\" }".formatted(port);
    AmqpConfig config =
        Sources.parse(
            text,
            longcut -> {
              longcut.name("id");
              longcut.partOfSection("otlp");
              return AmqpConfig.readForTool(longcut.section("amqp"));
            });
    return new AmqpAccess(config, limit);
  }
}
