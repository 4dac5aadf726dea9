package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.config.Secret;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinkHoldTest {

  private final AtomicInteger attempts = new AtomicInteger();
  private final ConnectionFactory factory =
      new ConnectionFactory() {
        @Override
        public Connection newConnection(List<Address> addresses, String name) throws IOException {
          attempts.incrementAndGet();
          throw new IOException("refused");
        }
      };
  private final Link link = link();

  @AfterEach
  void close() {
    link.close();
  }

  @Test
  void heldLinkOpensNoConnection() {
    link.hold(true);
    link.start(connection -> {});
    RunningPublisher.await().until(LinkHoldTest::isWaiting);
    assertThat(attempts).hasValue(0);

    link.hold(false);
    RunningPublisher.await().until(() -> attempts.get() > 0);
  }

  private static boolean isWaiting() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(
            thread ->
                thread.getName().equals("held link") && thread.getState() == Thread.State.WAITING);
  }

  private Link link() {
    AmqpConfig config =
        new AmqpConfig(
            List.of(new AmqpConfig.Address("127.0.0.1", 1)),
            "broker",
            new AmqpLogin.FixedPassword(new Secret("broker")),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(1),
            1024 * 1024);
    return new Link(
        factory, config, "held link", new LinkMetrics(new SimpleMeterRegistry(), "peers"));
  }
}
