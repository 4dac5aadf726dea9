package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.SessionListener;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Consumers of a broker on the shared queues. */
class SharedQueuesTest {

  private static final ProcessId ID = ProcessId.parse("broker.test-abcdef");
  private static final String REQUESTS = Topology.CLIENT_REQUEST_QUEUE;
  private static final BasicProperties UNREADABLE = new BasicProperties();
  private static final AmqpConfig CONFIG =
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

  private final FakeAmqpChannel channel = new FakeAmqpChannel();
  private final List<String> callbacks = new CopyOnWriteArrayList<>();
  private final ConsumingChannel consumingChannel =
      new ConsumingChannel(
          new Link(
              new ConnectionFactory(),
              CONFIG,
              "test",
              new LinkMetrics(new SimpleMeterRegistry(), "consume")),
          new ContentReading(),
          new NodeAffinity(
              CONFIG.addresses(),
              new Member(
                  "broker", ID, (id, generation) -> Plan.broker(id, 2_000), Duration.ofSeconds(2)),
              System::nanoTime),
          Duration.ofSeconds(2),
          this::onLoop,
          new ConsumingMetrics(new SimpleMeterRegistry()));
  private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
  private volatile boolean holding;
  private Thread user;

  /** Runs the loop's tasks at once, unless a test holds them. */
  private void onLoop(Runnable task) {
    if (holding) {
      held.add(task);
    } else {
      task.run();
    }
  }

  @BeforeEach
  void open() {
    consumingChannel.listener(
        new SessionListener() {
          @Override
          public void onDelivery(Delivery delivery) {
            callbacks.add("delivery");
          }

          @Override
          public void onInboxReplaced(ProcessId newId) {}

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
  void aSharedQueueIsNotConsumedUntilRequested() {
    assertThat(channel.consumers())
        .containsExactly(
            "+broker." + ID + " broker." + ID + " 500",
            "+heartbeats." + ID + " heartbeats." + ID + " 2000");
    assertThat(consumingChannel.isConsuming()).isTrue();
  }

  @Test
  void aSharedQueueIsConsumedWithTheRequestedPrefetch() throws IOException {
    consumingChannel.consume(REQUESTS, 32);

    await().untilAsserted(() -> assertThat(shared()).containsExactly("+client_request 32"));
    deliverRequest();
    assertThat(callbacks).endsWith("delivery");
  }

  @Test
  void aDeliveryThatTheLoopStillHoldsIsLostWithItsChannel() throws Exception {
    consumingChannel.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    holding = true;
    deliverRequest();
    assertThat(held).hasSize(1);
    channel.shutDown();
    user.join();

    held.forEach(Runnable::run);

    assertThat(callbacks).containsExactly("consuming", "lost");
  }

  /** Otherwise the publisher would publish while nothing is consumed. */
  @Test
  void aStartOfConsumingIsNotReportedAfterTheLoss() throws Exception {
    List<Boolean> reports = new CopyOnWriteArrayList<>();
    consumingChannel.whenConsuming(reports::add);
    channel.shutDown();
    user.join();
    holding = true;
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);
    await().until(() -> held.size() == 1);
    next.shutDown();
    user.join();

    held.forEach(Runnable::run);

    assertThat(callbacks).containsExactly("consuming", "lost", "consuming", "lost");
    assertThat(reports).containsOnly(false);
  }

  private void deliverRequest() throws IOException {
    ProcessId client = ProcessId.parse("acme.test-abcdef");
    Request get = new Request("orders", "GET", "/", Headers.EMPTY, Body.ABSENT);
    channel.deliver(
        1,
        client.user(),
        Topology.targetKey("orders", client),
        new Event.ClientRequest(client, UUID.randomUUID(), 1, get));
  }

  @Test
  void aSmallerPrefetchStartsAConsumerBeforeItCancelsTheOthers() {
    consumingChannel.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    consumingChannel.consume(REQUESTS, 2_000);
    await().until(() -> shared().size() == 2);
    consumingChannel.consume(REQUESTS, 50);
    await().until(() -> shared().size() == 5);

    assertThat(shared())
        .containsExactly(
            "+client_request 32",
            "+client_request.2 1968",
            "+client_request.3 50",
            "-client_request",
            "-client_request.2");
  }

  @Test
  void aNewChannelConsumesNoSharedQueueUntilRequestedAgain() throws InterruptedException {
    consumingChannel.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    holding = true;
    channel.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    user = use(next);
    await().until(() -> held.size() == 2);

    consumingChannel.consume(REQUESTS, 5); // the listener does not know of the loss yet
    held.forEach(Runnable::run);
    assertThat(callbacks).endsWith("lost", "consuming");
    consumingChannel.consume(Topology.ORPHAN, 20);

    await().until(() -> next.consumers().size() == 3);
    assertThat(next.consumers()).last().isEqualTo("+orphan orphan 20");
    next.shutDown();
  }

  /** Acks make room for more messages, so a queue that is to be stopped would deliver some. */
  @Test
  void changesOfConsumersAreWrittenBeforeTheAcksThatWait() throws Exception {
    CountDownLatch written = new CountDownLatch(1);
    channel.whenCalled("basicAck", written::await);
    channel.deliver(1, UNREADABLE);
    await().until(() -> channel.calls().contains("basicAck"));
    consumingChannel.consume(REQUESTS, 32);
    channel.deliver(2, UNREADABLE);

    written.countDown();

    await().until(() -> channel.acked() == 2);
    assertThat(channel.calls()).containsSubsequence("basicAck", "basicConsume", "basicAck");
  }

  /**
   * Returns starts ({@code +tag prefetch}) and cancels ({@code -tag}) of the request queue's
   * consumers.
   */
  private List<String> shared() {
    return channel.consumers().stream()
        .filter(each -> each.contains(REQUESTS))
        .map(each -> each.replace("+" + REQUESTS + " ", "+"))
        .toList();
  }

  private Thread use(FakeAmqpChannel used) {
    Thread thread =
        new Thread(
            () -> {
              try {
                consumingChannel.use(used.connection());
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
