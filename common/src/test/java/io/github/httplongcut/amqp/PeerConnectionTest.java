package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class PeerConnectionTest {

  private static final Logger log = LoggerFactory.getLogger(PeerConnectionTest.class);
  private static final Event EVENT = new Event.BrokerHello(TestPublications.SENDER, "1");

  private final FakeAmqpChannel channel = new FakeAmqpChannel();
  private final List<Event> heard = new CopyOnWriteArrayList<>();
  private final PeerConnection peers = peers();
  private Thread user;

  @AfterEach
  void end() throws InterruptedException {
    if (user != null) {
      user.interrupt();
      user.join();
    }
  }

  @Test
  void channelThatFailsWithoutBeingClosedIsAborted() throws Exception {
    channel.whenCalled(
        "queueBind",
        () -> {
          throw new IOException("no reply");
        });
    use();
    peers.publish(EVENT);

    RunningPublisher.await().until(() -> channel.calls().contains("abort"));
    RunningPublisher.await().until(() -> peers.trouble().isPresent());
  }

  @Test
  void messageOfAnEarlierChannelIsNotAcked() throws Exception {
    use();
    peers.publish(EVENT);
    RunningPublisher.await().until(() -> channel.consumers().size() == 1);
    channel.cancelConsumer();
    RunningPublisher.await().until(() -> channel.others().size() == 1);
    FakeAmqpChannel second = channel.others().get(0);

    channel.deliver(7, EVENT);
    peers.publish(EVENT);
    RunningPublisher.await().until(() -> second.consumers().size() == 1);
    second.deliver(1, EVENT);

    RunningPublisher.await().until(() -> second.acked() == 1);
    assertThat(second.calls().stream().filter("basicAck"::equals)).hasSize(1);
    assertThat(heard).hasSize(1);
  }

  @Test
  void missingConnectionIsReportedAfterSeconds() {
    long now = System.nanoTime();

    assertThat(peers.troubleAt(now)).isEmpty();
    assertThat(peers.troubleAt(now + PeerConnection.TROUBLE_AFTER.toNanos()))
        .get()
        .asString()
        .contains("no connection to RabbitMQ for 'broker_hello'");
  }

  @Test
  void acceptedChannelEndsTheReport() {
    use();
    peers.publish(EVENT);
    RunningPublisher.await().until(() -> channel.consumers().size() == 1);

    long later = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    RunningPublisher.await().until(() -> peers.troubleAt(later).isEmpty());

    channel.closeReason(320, "CONNECTION_FORCED");
    channel.closeConnection(320, "CONNECTION_FORCED");
    RunningPublisher.await().until(() -> peers.troubleAt(later).isPresent());
  }

  @Test
  void queueWithoutConsumerExpires() {
    assertThat(PeerMessages.queueArguments()).containsEntry("x-expires", 60_000);
  }

  private PeerConnection peers() {
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
            Duration.ofSeconds(2),
            1024 * 1024);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    return new PeerConnection(
        new Link(new ConnectionFactory(), config, "test", new LinkMetrics(registry, "peers")),
        new PeerMessages(EventType.BROKER_HELLO, "broker", TestPublications.SENDER),
        (event, sender) -> heard.add(event),
        new DiscardedMessages(new ConsumingMetrics(registry), System::nanoTime),
        Duration.ofMillis(1));
  }

  private void use() {
    user =
        new Thread(
            () -> {
              try {
                peers.use(channel.connection());
              } catch (IOException | ShutdownSignalException e) {
                log.debug("the link would connect again", e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "test peers");
    user.setDaemon(true);
    user.start();
  }
}
