package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule 1 of docs/protocol.md section 4, in the order of what is written. */
class ClientSessionListenerTest {

  private static final ProcessId ID = ProcessId.parse("upstream-agent.test-abcdef");
  private static final AmqpConfig CONFIG =
      new AmqpConfig(
          List.of(new AmqpConfig.Address("127.0.0.1", 1)),
          "upstream-agent",
          new Secret("upstream-agent"),
          "longcut",
          Optional.empty(),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          1024 * 1024);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeChannel channel = new FakeChannel();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final ConsumingChannel inbox =
      new ConsumingChannel(
          new Link(new ConnectionFactory(), CONFIG, "test"),
          new NodeAffinity(
              CONFIG.addresses(),
              new Member(
                  "upstream-agent",
                  ID,
                  (id, generation) -> Topology.upstreamAgent(id, List.of("orders"), 10),
                  Duration.ofSeconds(2)),
              System::nanoTime),
          Duration.ofSeconds(2),
          Runnable::run, // as if the loop were always the one to run next
          new SessionMetrics(registry));
  private Thread user;

  @BeforeEach
  void consume() {
    inbox.listener(
        new SessionListener() {
          @Override
          public void onDelivery(Delivery delivery) {
            if (delivery.events().get(0) instanceof Event.UpstreamHeartbeat heartbeat) {
              heard.add("heartbeat " + heartbeat.capacity());
              delivery.done();
            } else {
              delivery.settle(() -> heard.add("settled"));
            }
          }

          @Override
          public void onInboxReplaced(ProcessId newId) {
            heard.add("replaced");
          }

          @Override
          public void onConsuming() {
            heard.add("consuming");
          }

          @Override
          public void onConsumingLost() {
            heard.add("lost");
          }
        });
    user = use(channel);
    await().untilAsserted(() -> assertThat(heard).containsExactly("consuming"));
  }

  @Test
  void aDeliveryIsSettledWhenTheFenceBehindItsAckHasComeBack() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));

    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    assertThat(channel.calls()).containsSubsequence("basicAck", "asyncCompletableRpc");
    assertThat(heard).containsExactly("consuming");

    channel.answerFence();

    assertThat(heard).containsExactly("consuming", "settled");
    channel.shut();
    user.join();
  }

  @Test
  void aFenceThatComesBackTooLateSettlesNothing() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));
    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    channel.shut();
    user.join();

    channel.answerFence();

    assertThat(heard).containsExactly("consuming", "lost");
  }

  @Test
  void eachChannelConsumesWithItsPrefetchAndAHigherPriorityThanTheLast() throws Exception {
    channel.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    user = use(next);

    await().untilAsserted(() -> assertThat(heard).endsWith("lost", "consuming"));
    assertThat(next.calls()).containsSubsequence("basicQos", "basicConsume");
    assertThat(channel.consumed()).isEqualTo(List.of(Map.of("x-priority", 1)));
    assertThat(next.consumed()).isEqualTo(List.of(Map.of("x-priority", 2)));
    next.shut();
  }

  @Test
  void whoPublishesHearsWhetherItConsumes() throws Exception {
    inbox.whenConsuming(consuming -> heard.add("consuming: " + consuming));
    channel.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    user = use(next);

    await()
        .untilAsserted(
            () ->
                assertThat(heard)
                    .containsSubsequence(
                        "consuming: false", "lost", "consuming", "consuming: true"));
    next.shut();
  }

  /** The second comes too soon to be read at once; nothing else comes after it. */
  @Test
  void heartbeatsAreAckedOnceAndReadInTheEnd() throws Exception {
    ProcessId agent = ProcessId.parse("plant.a-aaaaaa");
    for (int i = 1; i <= 2; i++) {
      channel.deliver(
          i,
          agent.user(),
          "orders." + agent,
          new Event.UpstreamHeartbeat(agent, "orders", AgentState.READY, i, 0, 2_000, "1"));
    }

    await().until(() -> heard.contains("heartbeat 2"));
    assertThat(heard).startsWith("consuming", "heartbeat 1");
    await().until(() -> channel.acked() == 2);
    channel.shut();
    user.join();
  }

  /** Given back, it would come again, and cause the same again. */
  @Test
  void aMessageWhoseReadingEndsInAnErrorIsAckedAndCounted() throws Exception {
    channel.deliver(
        1,
        new BasicProperties(
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            "broker_hello",
            "b",
            null,
            null) {
          @Override
          public Map<String, Object> getHeaders() {
            throw new StackOverflowError("for this test");
          }
        });

    await().until(() -> channel.calls().contains("basicAck"));
    assertThat(registry.counter("longcut.amqp.messages.unreadable").count()).isEqualTo(1);
    assertThat(heard).doesNotContain("lost");
  }

  @Test
  void aStoppedQueueIsCancelledAndNotConsumedAgain() throws Exception {
    inbox.stop(Set.of("upstream-agent." + ID), () -> heard.add("stopped"));
    await().until(() -> heard.contains("stopped"));
    assertThat(channel.calls()).contains("basicCancel");
    channel.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    user = use(next);

    await().untilAsserted(() -> assertThat(heard).endsWith("lost", "consuming"));
    assertThat(next.consumed()).isEmpty();
    next.shut();
  }

  @Test
  void whoStopsWhileNothingIsConsumedIsToldAtOnce() throws Exception {
    channel.shut();
    user.join();

    inbox.stop(Set.of("upstream-agent." + ID), () -> heard.add("stopped"));

    await().until(() -> heard.contains("stopped"));
  }

  private Thread use(FakeChannel used) {
    Thread thread =
        new Thread(
            () -> {
              try {
                inbox.use(used.connection());
              } catch (IOException | TimeoutException e) {
                throw new IllegalStateException(e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "test link");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
