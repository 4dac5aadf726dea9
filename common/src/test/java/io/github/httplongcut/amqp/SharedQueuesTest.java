package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker's inbox: which consumers it has on the shared queues, and when. */
class SharedQueuesTest {

  private static final ProcessId ID = ProcessId.parse("broker.test-abcdef");
  private static final String REQUESTS = Topology.CLIENT_REQUEST_QUEUE;
  private static final AmqpConfig CONFIG =
      new AmqpConfig(
          List.of(new AmqpConfig.Address("127.0.0.1", 1)),
          "broker",
          new Secret("broker"),
          "longcut",
          Optional.empty(),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          1024 * 1024);

  private final FakeChannel channel = new FakeChannel();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final ConsumingChannel inbox =
      new ConsumingChannel(
          new Link(new ConnectionFactory(), CONFIG, "test"),
          new NodeAffinity(
              CONFIG.addresses(),
              new Member(
                  "broker",
                  ID,
                  (id, generation) -> Topology.broker(id, 2_000),
                  Duration.ofSeconds(2)),
              System::nanoTime),
          Duration.ofSeconds(2),
          this::onLoop,
          new SessionMetrics(new SimpleMeterRegistry()));
  private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
  private volatile boolean holding;
  private Thread user;

  /** As if the loop were always the one to run next, unless a test holds its tasks up. */
  private void onLoop(Runnable task) {
    if (holding) {
      held.add(task);
    } else {
      task.run();
    }
  }

  @BeforeEach
  void open() {
    inbox.listener(
        new SessionListener() {
          @Override
          public void onDelivery(Delivery delivery) {
            heard.add("delivery");
          }

          @Override
          public void onInboxReplaced(ProcessId newId) {}

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
  void aSharedQueueIsNotConsumedUnlessAskedFor() {
    assertThat(channel.consumers())
        .containsExactly(
            "+broker." + ID + " broker." + ID + " 500",
            "+heartbeats." + ID + " heartbeats." + ID + " 2000");
    assertThat(inbox.isConsuming()).isTrue();
  }

  @Test
  void aSharedQueueIsConsumedWithThePrefetchThatIsAskedFor() throws IOException {
    inbox.consume(REQUESTS, 32);

    await().untilAsserted(() -> assertThat(shared()).containsExactly("+client_request 32"));
    ProcessId client = ProcessId.parse("acme.test-abcdef");
    Request get = new Request("orders", "GET", "/", Headers.EMPTY, Body.ABSENT);
    channel.deliver(
        1,
        client.user(),
        Topology.targetKey("orders", client),
        new Event.ClientRequest(client, UUID.randomUUID(), 1, get));
    assertThat(heard).endsWith("delivery");
  }

  /** A consumer of a quorum queue that is cancelled loses what is on its way to it. */
  @Test
  void aLargerPrefetchIsOneConsumerMoreAndNoneIsCancelled() {
    inbox.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    inbox.consume(REQUESTS, 2_000);
    await().until(() -> shared().size() == 2);
    inbox.consume(REQUESTS, 2_000);
    inbox.consume(Topology.ORPHAN, 20);

    await()
        .untilAsserted(
            () ->
                assertThat(channel.consumers().subList(2, channel.consumers().size()))
                    .containsExactly(
                        "+client_request client_request 32",
                        "+client_request client_request.2 1968",
                        "+orphan orphan 20"));
  }

  @Test
  void aSmallerPrefetchIsAnotherConsumerThatBeginsBeforeTheOthersEnd() {
    inbox.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    inbox.consume(REQUESTS, 2_000);
    await().until(() -> shared().size() == 2);
    inbox.consume(REQUESTS, 50);
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
  void aPausedQueueIsConsumedAgainWhenAskedFor() {
    inbox.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    inbox.consume(REQUESTS, 0);
    await().until(() -> shared().size() == 2);
    inbox.consume(REQUESTS, 32);

    await()
        .untilAsserted(
            () ->
                assertThat(shared())
                    .containsExactly(
                        "+client_request 32", "-client_request", "+client_request.2 32"));
  }

  @Test
  void aNewChannelConsumesNoSharedQueueUntilAskedAnew() throws InterruptedException {
    inbox.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    holding = true;
    channel.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    user = use(next);
    await().until(() -> held.size() == 2);

    inbox.consume(REQUESTS, 5); // the listener has not heard of the loss yet
    held.forEach(Runnable::run);
    assertThat(heard).endsWith("lost", "consuming");
    inbox.consume(Topology.ORPHAN, 20);

    await().until(() -> next.consumers().size() == 3);
    assertThat(next.consumers()).last().isEqualTo("+orphan orphan 20");
    next.shut();
  }

  @Test
  void aStoppedQueueIsNeverConsumedAgain() {
    inbox.consume(REQUESTS, 32);
    await().until(() -> shared().size() == 1);
    inbox.stop(Set.of(REQUESTS), () -> heard.add("stopped"));
    await().until(() -> heard.contains("stopped"));

    inbox.consume(REQUESTS, 32);
    inbox.consume(Topology.ORPHAN, 20);

    await().until(() -> channel.consumers().contains("+orphan orphan 20"));
    assertThat(shared()).containsExactly("+client_request 32", "-client_request");
  }

  /** Events of the queue of requests: the tag, with the prefetch of a consumer's begin. */
  private List<String> shared() {
    return channel.consumers().stream()
        .filter(each -> each.contains(REQUESTS))
        .map(each -> each.replace("+" + REQUESTS + " ", "+"))
        .toList();
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
