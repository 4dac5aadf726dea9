package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests the test support {@link RabbitMq} itself. */
@ExtendWith(RabbitMqExtension.class)
class RabbitMqIT {

  private static final Duration WAIT = Duration.ofSeconds(20);

  @Test
  void restartKeepsPortsAndQueuesAndClosesConnections() throws Exception {
    String inbox = "broker." + RoleUser.BROKER.id();
    try (RabbitMq rabbitMq = RabbitMq.dedicated()) {
      Connection before = rabbitMq.connect(RabbitMqUser.BROKER, "before");
      URI uri = rabbitMq.amqpUri(RabbitMqUser.BROKER);
      Channel channel = before.createChannel();
      channel.queueDeclare(inbox, true, false, false, Map.of("x-queue-type", "classic"));

      rabbitMq.stop();

      await().atMost(WAIT).until(() -> !before.isOpen());
      assertThatThrownBy(() -> rabbitMq.connect(RabbitMqUser.BROKER, "while it is down"))
          .isInstanceOfAny(UncheckedIOException.class, IllegalStateException.class);

      rabbitMq.start();

      assertThat(rabbitMq.amqpUri(RabbitMqUser.BROKER)).isEqualTo(uri);
      assertThat(rabbitMq.messagesReady(inbox)).isZero();
      assertThat(rabbitMq.messagesReady("client_request")).isZero();
      assertThat(rabbitMq.ctl("list_users")).contains("upstream-agent");
    }
  }

  @Test
  void managementApiShowsQueuesAndConnectionsByName(RabbitMq rabbitMq) throws Exception {
    try (Connection connection = rabbitMq.connect(RabbitMqUser.BROKER, "a name to find")) {
      assertThat(connection.isOpen()).isTrue();
      assertThat(rabbitMq.queueNames()).contains("client_request", "orphan");
      await()
          .atMost(WAIT)
          .untilAsserted(
              () ->
                  assertThat(rabbitMq.connections())
                      .anySatisfy(
                          shown -> {
                            assertThat(shown.at("/client_properties/connection_name").asText())
                                .isEqualTo("a name to find");
                            assertThat(shown.at("/user").asText()).isEqualTo("broker");
                          }));
    }
  }
}
