package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.SessionListener;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Order of writes on the consuming channel (docs/protocol.md section 4, rule 1). */
class ConsumingChannelTest {

  private static final ProcessId ID = ProcessId.parse("upstream-agent.test-abcdef");
  private static final AmqpConfig CONFIG =
      new AmqpConfig(
          List.of(new AmqpConfig.Address("127.0.0.1", 1)),
          "upstream-agent",
          new AmqpLogin.FixedPassword(new Secret("upstream-agent")),
          "longcut",
          Optional.empty(),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          1024 * 1024);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeAmqpChannel channel = new FakeAmqpChannel();
  private final List<String> callbacks = new CopyOnWriteArrayList<>();
  private final ConsumingChannel consumingChannel =
      new ConsumingChannel(
          new Link(new ConnectionFactory(), CONFIG, "test", new LinkMetrics(registry, "consume")),
          new ContentReading(),
          new NodeAffinity(
              CONFIG.addresses(),
              new Member(
                  "upstream-agent",
                  ID,
                  (id, generation) -> Plan.upstreamAgent(id, List.of("orders"), 10),
                  Duration.ofSeconds(2)),
              System::nanoTime),
          Duration.ofSeconds(2),
          this::onLoop,
          new ConsumingMetrics(registry));
  private final AtomicReference<RuntimeException> loopFailure = new AtomicReference<>();
  private Thread user;

  /** Runs the loop's tasks at once, but fails once if a test asks for that. */
  private void onLoop(Runnable task) {
    RuntimeException failure = loopFailure.getAndSet(null);
    if (failure != null) {
      throw failure;
    }
    task.run();
  }

  @BeforeEach
  void consume() {
    consumingChannel.listener(
        new SessionListener() {
          @Override
          public void onDelivery(Delivery delivery) {
            if (delivery.events().get(0) instanceof Event.BrokerCancel) {
              delivery.discard(DiscardReason.WRONG_SENDER);
            } else if (delivery.events().get(0) instanceof Event.ClientCancel) {
              delivery.reject();
            } else if (delivery.events().get(0) instanceof Event.UpstreamHeartbeat heartbeat) {
              callbacks.add("heartbeat " + heartbeat.capacity());
              delivery.done();
            } else {
              delivery.settle(() -> callbacks.add("settled"));
            }
          }

          @Override
          public void onInboxReplaced(ProcessId newId) {
            callbacks.add("replaced");
          }

          @Override
          public void onConsuming() {
            callbacks.add("consuming");
          }

          @Override
          public void onConsumingLost() {
            callbacks.add("lost");
          }
        });
    user = use(channel);
    await().untilAsserted(() -> assertThat(callbacks).containsExactly("consuming"));
  }

  @Test
  void aDeliveryIsSettledWhenTheFenceAfterItsAckIsAnswered() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));

    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    assertThat(channel.calls()).containsSubsequence("basicAck", "asyncCompletableRpc");
    assertThat(callbacks).containsExactly("consuming");

    channel.answerFence();

    assertThat(callbacks).containsExactly("consuming", "settled");
    channel.shutDown();
    user.join();
  }

  @Test
  void theReplyToAFenceLetsTheNextFenceBeSent() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));
    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    channel.deliver(2, new Event.BrokerHello(ID, "1"));
    await().until(() -> channel.acked() == 2 && user.getState() == Thread.State.TIMED_WAITING);
    assertThat(channel.calls()).containsOnlyOnce("asyncCompletableRpc");

    channel.answerFence();

    await().untilAsserted(() -> assertThat(callbacks).endsWith("settled", "settled"));
    assertThat(channel.calls())
        .containsSubsequence("basicAck", "asyncCompletableRpc", "basicAck", "asyncCompletableRpc");
    channel.shutDown();
    awaitEnd();
  }

  @Test
  void aRejectionIsWritten() throws Exception {
    channel.deliver(1, new Event.ClientCancel(ID, UUID.randomUUID(), UUID.randomUUID()));

    await().until(() -> channel.calls().contains("basicReject"));
  }

  @Test
  void aDiscardedDeliveryIsAckedAndCounted() throws Exception {
    channel.deliver(1, new Event.BrokerCancel(ID, UUID.randomUUID(), UUID.randomUUID()));

    await().until(() -> channel.acked() == 1);
    assertThat(
            registry.counter("longcut.amqp.messages.discarded", "reason", "wrong_sender").count())
        .isEqualTo(1);
  }

  @Test
  void arrivalsAreCounted() throws Exception {
    Event cancel = new Event.BrokerCancel(ID, UUID.randomUUID(), UUID.randomUUID());
    int bytes =
        EventCodec.join(List.of(EventCodec.encode(cancel), EventCodec.encode(cancel))).length;

    channel.redeliver(1, EventType.BROKER_CANCEL, List.of(cancel, cancel));

    assertThat(registry.get("longcut.amqp.delivered").counter().count()).isEqualTo(bytes);
    DistributionSummary batches = registry.get("longcut.amqp.delivered.batch.events").summary();
    assertThat(batches.totalAmount()).isEqualTo(2);
    assertThat(batches.count()).isEqualTo(1);
    assertThat(redelivered(EventType.BROKER_CANCEL)).isEqualTo(1);
    channel.deliver(2, cancel);
    assertThat(redelivered(EventType.BROKER_CANCEL)).isEqualTo(1);
  }

  private double redelivered(EventType type) {
    return registry
        .get("longcut.amqp.messages.redelivered")
        .tag("event", type.wireName())
        .counter()
        .count();
  }

  @Test
  void connectionsAfterTheFirstAreReconnects() throws Exception {
    channel.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);

    await().untilAsserted(() -> assertThat(callbacks).endsWith("lost", "consuming"));
    await().until(() -> registry.get("longcut.amqp.connections.opened").counter().count() == 2);
    assertThat(registry.get("longcut.amqp.reconnects").counter().count()).isEqualTo(1);
    next.shutDown();
  }

  @Test
  void aFenceAnsweredAfterTheChannelsLossSettlesNothing() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));
    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    channel.shutDown();
    user.join();

    channel.answerFence();

    assertThat(callbacks).containsExactly("consuming", "lost");
  }

  @Test
  void eachChannelConsumesWithItsPrefetchAndAHigherPriorityThanTheLast() throws Exception {
    channel.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);

    await().untilAsserted(() -> assertThat(callbacks).endsWith("lost", "consuming"));
    assertThat(next.calls()).containsSubsequence("basicQos", "basicConsume");
    assertThat(channel.consumed()).isEqualTo(List.of(Map.of("x-priority", 1)));
    assertThat(next.consumed()).isEqualTo(List.of(Map.of("x-priority", 2)));
    next.shutDown();
  }

  @Test
  void theCallbackReportsStopsAndStartsOfConsuming() throws Exception {
    consumingChannel.whenConsuming(consuming -> callbacks.add("consuming: " + consuming));
    channel.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);

    await()
        .untilAsserted(
            () ->
                assertThat(callbacks)
                    .containsSubsequence(
                        "consuming: false", "lost", "consuming", "consuming: true"));
    next.shutDown();
  }

  /** The second heartbeat arrives before a turn is due, and no later message triggers one. */
  @Test
  void heartbeatsAreAckedAtOnceAndDecodedLater() throws Exception {
    ProcessId agent = ProcessId.parse("plant.a-aaaaaa");
    for (int i = 1; i <= 2; i++) {
      channel.deliver(
          i,
          agent.user(),
          "orders." + agent,
          new Event.UpstreamHeartbeat(agent, "orders", AgentState.READY, i, 0, 2_000, "1"));
    }

    await().until(() -> callbacks.contains("heartbeat 2"));
    assertThat(callbacks).startsWith("consuming", "heartbeat 1");
    await().until(() -> channel.acked() == 2);
    channel.shutDown();
    user.join();
  }

  /** A redelivery would cause the same error again. */
  @Test
  void aMessageThatCannotBeDecodedIsAckedAndCounted() throws Exception {
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
    assertThat(registry.counter("longcut.amqp.messages.discarded", "reason", "unreadable").count())
        .isEqualTo(1);
    assertThat(callbacks).doesNotContain("lost");
  }

  @Test
  void aStoppedQueueIsCancelledAndNotConsumedAgain() throws Exception {
    consumingChannel.stop(Set.of("upstream-agent." + ID), () -> callbacks.add("stopped"));
    await().until(() -> callbacks.contains("stopped"));
    assertThat(channel.calls()).contains("basicCancel");
    channel.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);

    await().untilAsserted(() -> assertThat(callbacks).endsWith("lost", "consuming"));
    assertThat(next.consumed()).isEmpty();
    next.shutDown();
  }

  @Test
  void stoppingWhileNothingIsConsumedTakesEffectAtOnce() throws Exception {
    channel.shutDown();
    user.join();

    consumingChannel.stop(Set.of("upstream-agent." + ID), () -> callbacks.add("stopped"));

    await().until(() -> callbacks.contains("stopped"));
  }

  /** A lost channel delivers nothing. */
  @Test
  void aStopIsReportedIfItsCancelFails() throws Exception {
    channel.whenCalled(
        "basicCancel",
        () -> {
          throw new IOException("for this test");
        });

    consumingChannel.stop(Set.of("upstream-agent." + ID), () -> callbacks.add("stopped"));

    awaitEnd();
    assertThat(callbacks).containsExactly("consuming", "stopped", "lost", "failed: for this test");
  }

  @Test
  void aFlushWaitsForAWriteInProgress() throws Exception {
    CountDownLatch written = new CountDownLatch(1);
    channel.whenCalled("basicAck", written::await);
    channel.deliver(1, new Event.BrokerCancel(ID, UUID.randomUUID(), UUID.randomUUID()));
    await().until(() -> channel.calls().contains("basicAck"));

    assertThat(consumingChannel.flush(1)).isFalse();
    written.countDown();
    assertThat(consumingChannel.flush(Duration.ofSeconds(10).toNanos())).isTrue();

    assertThat(channel.acked()).isEqualTo(1);
    channel.shutDown();
    awaitEnd();
  }

  @Test
  void aFlushWaitsForHeartbeatsThatAreNotDecoded() throws Exception {
    ProcessId agent = ProcessId.parse("plant.a-aaaaaa");
    for (int i = 1; i <= 2; i++) {
      channel.deliver(
          i,
          agent.user(),
          "orders." + agent,
          new Event.UpstreamHeartbeat(agent, "orders", AgentState.READY, i, 0, 2_000, "1"));
    }

    assertThat(consumingChannel.flush(Duration.ofSeconds(10).toNanos())).isTrue();

    assertThat(callbacks).contains("heartbeat 2");
    channel.shutDown();
    awaitEnd();
  }

  /** RabbitMQ gives the message back once the channel is closed. */
  @Test
  void theChannelIsReopenedIfAMessageCannotBePassedToTheLoop() throws Exception {
    loopFailure.set(new IllegalStateException("for this test"));

    channel.deliver(1, new Event.BrokerHello(ID, "1"));

    awaitEnd();
    assertThat(callbacks).containsExactly("consuming", "lost");
    assertThat(channel.acked()).isZero();
  }

  @Test
  void theChannelIsReopenedIfRabbitMqCancelsAConsumer() throws Exception {
    channel.cancelConsumer();

    awaitEnd();
    assertThat(callbacks).containsExactly("consuming", "lost");
    assertThat(consumingChannel.isConsuming()).isFalse();
    channel.cancelConsumer(); // of an earlier channel: nothing is left to reopen
  }

  @Test
  void aReopenedChannelIsLostAndLeft() throws Exception {
    channel.deliver(1, new Event.BrokerHello(ID, "1"));
    await().until(() -> channel.calls().contains("asyncCompletableRpc"));

    consumingChannel.reopen("for this test");
    awaitEnd();
    channel.answerFence();

    assertThat(callbacks).containsExactly("consuming", "lost");
  }

  @Test
  void theWatchdogHasAFenceSentOnAQuietChannel() {
    consumingChannel.watch(System.nanoTime() + Duration.ofSeconds(1).toNanos());

    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
  }

  @Test
  void aMessageThatArrivesAfterTheLossIsNotDelivered() throws Exception {
    channel.shutDown();
    awaitEnd();

    channel.deliver(1, new Event.BrokerHello(ID, "1"));

    assertThat(callbacks).containsExactly("consuming", "lost");
    assertThat(channel.calls()).doesNotContain("basicAck");
  }

  private void awaitEnd() {
    await().until(() -> !user.isAlive());
  }

  private Thread use(FakeAmqpChannel used) {
    Thread thread =
        new Thread(
            () -> {
              try {
                consumingChannel.use(used.connection());
              } catch (IOException | TimeoutException e) {
                callbacks.add("failed: " + e.getMessage());
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
