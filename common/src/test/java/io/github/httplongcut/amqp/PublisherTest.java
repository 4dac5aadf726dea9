package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.WireLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a real RabbitMQ says too seldom at the moment that matters. */
class PublisherTest {

  private static final ProcessId ID = ProcessId.parse("broker.test-abcdef");
  private static final UUID REQUEST_ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");
  private static final AmqpConfig.Address NODE_1 = new AmqpConfig.Address("127.0.0.1", 1);
  private static final AmqpConfig.Address NODE_2 = new AmqpConfig.Address("127.0.0.1", 2);

  private static final Logger log = LoggerFactory.getLogger(PublisherTest.class);

  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);

  private final Loop loop = new Loop("test loop");
  private final Socket socket = new Socket();
  private final List<String> outcomes = new CopyOnWriteArrayList<>();
  private Publisher publisher = publisherTo(NODE_1);

  @BeforeEach
  void startLoop() {
    loop.start(
        new Ticker() {
          @Override
          public void onTick(long nowNanos) {}

          @Override
          public void onStoodStill(long nanos) {}
        });
  }

  @AfterEach
  void close() throws IOException {
    publisher.close();
    loop.close();
    socket.close();
  }

  @Test
  void aNackThatComesAfterTheCloseIsAnOutcomeToo() throws Exception {
    FakeChannel channel = new FakeChannel();
    channel.stick(); // or the link's thread would be done with it before the nack
    Thread user = use(channel);
    publish("a", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1);

    publisher.close();
    channel.nack(1);
    channel.shut();
    user.join();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NACKED"));
  }

  @Test
  void aBugInOneOutcomeCostsNoOther() {
    publisher.publish(
        publication("a", Publication.Tries.ONCE)
            .whenDone(
                outcome -> {
                  throw new IllegalStateException("a bug, for this test");
                }));
    publish("b", Publication.Tries.ONCE);

    publisher.close();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("b NO_CONNECTION"));
  }

  @Test
  void aLateConfirmOfTheLastChannelIsNotTakenForTheNextOnes() throws Exception {
    FakeChannel last = new FakeChannel();
    Thread user = use(last);
    publish("a", Publication.Tries.ONCE);
    await().until(() -> last.bodies().size() == 1);
    last.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    use(next);
    publish("b", Publication.Tries.ONCE);
    await().until(() -> next.bodies().size() == 1);

    last.confirm(1);
    last.block();
    next.giveBack(1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a UNKNOWN", "b RETURNED"));
    assertThat(publisher.isBlocked()).isFalse();
    next.shut();
  }

  @Test
  void whatWasReturnedIsReturnedThoughTheConfirmNeverCame() throws Exception {
    FakeChannel channel = new FakeChannel();
    Thread user = use(channel);
    publish("a", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1);

    channel.giveBack(1);
    channel.shut();
    user.join();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a RETURNED"));
  }

  /** A heartbeat that says gone must not be followed by an older one. */
  @Test
  void whatIsPublishedAgainGoesBeforeWhatCameSince() throws Exception {
    FakeChannel last = new FakeChannel();
    Thread user = use(last);
    for (String version : List.of("1", "2")) {
      publish(version, Publication.Tries.UNTIL_CONFIRMED);
      await().until(() -> last.bodies().size() == Integer.parseInt(version));
    }
    last.block();
    publish("3", Publication.Tries.UNTIL_CONFIRMED);
    last.shut();
    user.join();

    FakeChannel next = new FakeChannel();
    use(next);

    await().until(() -> !next.bodies().isEmpty());
    assertThat(next.bodies().get(0)).containsSubsequence("\"1\"", "\"2\"", "\"3\"");
    next.shut();
  }

  @Test
  void whatIsTooLateIsNotWrittenOnANewConnection() {
    publisher.publish(
        Publication.of(new Event.BrokerHello(ID, "late"), "", System.nanoTime())
            .whenDone(outcome -> outcomes.add("late " + outcome)));

    FakeChannel channel = new FakeChannel();
    use(channel);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("late NO_CONNECTION"));
    assertThat(channel.bodies()).isEmpty();
    channel.shut();
  }

  @Test
  void aNackedRequestIsToldAtOnce() throws Exception {
    FakeChannel channel = new FakeChannel();
    use(channel);
    publish("a", Publication.Tries.ONCE);
    await().until(() -> channel.bodies().size() == 1);

    channel.nack(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NACKED"));
    channel.shut();
  }

  /** The channel may not know the queue's new leader. */
  @Test
  void inAClusterANewChannelIsMadeForARequestThatAFreshOneNacks() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeChannel fresh = new FakeChannel();
    Thread user = use(fresh);
    publishRequest("a");
    nackFrom(1, fresh);
    user.join();
    assertThat(outcomes).isEmpty();

    FakeChannel next = new FakeChannel();
    use(next);
    await().until(() -> next.bodies().size() == 1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED"));
    next.shut();
  }

  @Test
  void inAClusterARequestIsTakenBackWhileItIsHeld() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeChannel fresh = new FakeChannel();
    use(fresh);
    Publication request = request("a");
    publisher.publish(request);
    await().until(() -> fresh.bodies().size() == 1);
    fresh.nack(1);
    assertThat(publisher.flush(Duration.ZERO)).isFalse();

    publisher.withdraw(request);

    assertThat(publisher.flush(Duration.ZERO)).isTrue();
    fresh.shut();
  }

  /** It knows the leader: the queue is full. */
  @Test
  void inAClusterTooANackIsBelievedOfAChannelThatHadARequestTaken() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeChannel channel = new FakeChannel();
    use(channel);
    publishRequest("a");
    await().until(() -> channel.bodies().size() == 1);
    channel.confirm(1);
    publishRequest("b");
    await().until(() -> channel.bodies().size() == 2);

    channel.nack(2);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED", "b NACKED"));
    channel.shut();
  }

  @Test
  void beforeAChannelIsGivenUpForItsNacksWhatItOwesIsAwaited() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeChannel channel = new FakeChannel();
    Thread user = use(channel);
    publish("owed", Publication.Tries.ONCE);
    await().until(() -> channel.bodies().size() == 1);
    publisher.publish(error());
    nackFrom(2, channel);
    assertThat(user.isAlive()).isTrue();

    channel.confirm(1);
    user.join();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("owed CONFIRMED"));
  }

  @Test
  void aMessageThatIsTooLongIsNeverWritten() {
    FakeChannel channel = new FakeChannel();
    use(channel);

    publish("v".repeat(WireLimits.MESSAGE_BYTES), Publication.Tries.UNTIL_CONFIRMED);
    publish("b", Publication.Tries.ONCE);

    await().until(() -> channel.bodies().size() == 1);
    assertThat(channel.bodies().get(0)).contains("\"b\"");
    assertThat(outcomes).singleElement().asString().endsWith(" REFUSED");
    channel.shut();
  }

  /** Written again it would close every channel, and others would lose what is unconfirmed. */
  @Test
  void whatClosedTheChannelBecauseItIsTooLongForRabbitMqIsNotWrittenAgain() throws Exception {
    FakeChannel channel = new FakeChannel();
    Thread user = use(channel);
    publish("short", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1); // or both would be one message
    publish("long".repeat(1000), Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 2);
    channel.closeReason(
        406, "PRECONDITION_FAILED - message size 4096 is larger than configured max size 1024");
    channel.shut();
    user.join();

    FakeChannel next = new FakeChannel();
    use(next);

    await().until(() -> next.bodies().size() == 1);
    assertThat(next.bodies().get(0)).contains("short");
    await()
        .untilAsserted(() -> assertThat(outcomes).singleElement().asString().endsWith(" REFUSED"));
    next.shut();
  }

  @Test
  void whileItIsHeldNothingIsWritten() throws Exception {
    FakeChannel channel = new FakeChannel();
    use(channel);
    publisher.hold(true);
    publish("a", Publication.Tries.ONCE);
    publisher.watch(System.nanoTime() + Duration.ofMinutes(2).toNanos());
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NO_CONNECTION"));

    publish("b", Publication.Tries.ONCE);
    publisher.hold(false);
    await().until(() -> channel.bodies().size() == 1);

    assertThat(channel.bodies().get(0)).contains("\"b\"");
    channel.shut();
  }

  /** A queue with much to do must not cost others the connection. */
  @Test
  void whatOneQueueDoesNotConfirmCostsOnlyItself() {
    FakeChannel channel = new FakeChannel();
    use(channel);
    channel.answerFence();
    publisher.publish(ackTo("acme.one-abcdef").whenDone(outcome -> outcomes.add("ack " + outcome)));
    await().until(() -> written(channel, 0) == 1);

    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("ack UNKNOWN"));
    assertThat(publisher.unconfirmed()).isZero();

    publish("next", Publication.Tries.ONCE);
    await().until(() -> channel.bodies().size() == 1);
    channel.shut();
  }

  /** RabbitMQ stops reading a channel with too much under way for one queue. */
  @Test
  void whatWasGivenUpKeepsItsPlaceUntilRabbitMqSaysAWord() throws Exception {
    FakeChannel channel = new FakeChannel();
    use(channel);
    channel.answerFence();
    for (int i = 0; i < BatchQueue.MOST_UNCONFIRMED; i++) {
      publisher.publish(ackTo("acme.inbox" + i + "-abcdef"));
      int written = i + 1;
      await().until(() -> written(channel, 0) == written);
    }
    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));
    await().until(() -> publisher.unconfirmed() == 0);

    publisher.publish(
        ackTo("acme.more-abcdef").whenDone(outcome -> outcomes.add("more " + outcome)));
    publish("others", Publication.Tries.ONCE);
    await().until(() -> channel.bodies().size() == 1);
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("more INBOX_BUSY"));

    channel.others().get(0).confirm(1);
    publisher.publish(ackTo("acme.more-abcdef"));
    await().until(() -> written(channel, 0) == BatchQueue.MOST_UNCONFIRMED + 1);
    channel.shut();
  }

  /** It has an inbox of its own, and nothing under way there. */
  @Test
  void whatWaitsTooLongForItsTenantsOtherMessagesIsNotBlocked() {
    FakeChannel channel = new FakeChannel();
    use(channel);
    for (int i = 0; i < BatchQueue.MOST_UNCONFIRMED; i++) {
      publisher.publish(ackTo("acme.inbox" + i + "-abcdef"));
      int written = i + 1;
      await().until(() -> written(channel, 0) == written);
    }
    publisher.publish(
        ackTo("acme.more-abcdef").whenDone(outcome -> outcomes.add("more " + outcome)));

    publisher.watch(after(Duration.ofMinutes(1)));

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("more INBOX_BUSY"));
    channel.shut();
  }

  /** Nobody has said that it was read: the connection may be dead. */
  @Test
  void whatRabbitMqHasNotReadIsNotGivenUp() {
    FakeChannel channel = new FakeChannel();
    use(channel);
    publisher.publish(ackTo("acme.one-abcdef"));
    await().until(() -> written(channel, 0) == 1);

    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));

    assertThat(publisher.unconfirmed()).isOne();
    channel.shut();
  }

  /** In a cluster another node, or another channel, may know its leader. */
  @Test
  void whatASharedQueueDoesNotConfirmIsNotGivenUpBeforeTheConnection() {
    FakeChannel channel = new FakeChannel();
    use(channel);
    channel.answerFence();
    publishRequest("a");
    await().until(() -> channel.bodies().size() == 1);

    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));

    assertThat(publisher.unconfirmed()).isOne();
    assertThat(outcomes).isEmpty();
    channel.shut();
  }

  // Channels of tenants.

  /** RabbitMQ reads nothing on a channel that waits for one tenant's queue. */
  @Test
  void eachTenantHasAChannelWithNumbersOfItsOwn() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    publishTo("plant.one-abcdef");
    await().until(() -> written(main, 1) == 1);
    publish("others", Publication.Tries.ONCE);
    await().until(() -> main.bodies().size() == 1);
    assertThat(publisher.unconfirmed()).isEqualTo(3);

    main.others().get(1).giveBack(1);
    main.others().get(1).confirm(1);
    main.confirm(1);
    await()
        .untilAsserted(
            () -> assertThat(outcomes).containsExactly("plant RETURNED", "others CONFIRMED"));
    assertThat(publisher.flush(Duration.ZERO)).isFalse();

    main.others().get(0).nack(1);
    await().until(() -> publisher.unconfirmed() == 0);
    main.shut();
  }

  @Test
  void aTenantKeepsItsChannelAndItsOrderWhileAnythingIsUnderWay() {
    FakeChannel main = new FakeChannel();
    use(main);
    for (int i = 0; i < 3; i++) {
      publishTo("acme.inbox" + i + "-abcdef");
      int all = i + 1;
      await().until(() -> written(main, 0) == all);
    }
    assertThat(main.others()).hasSize(1);
    main.shut();
  }

  /** Whoever invents names of tenants does not have a channel opened for each. */
  @Test
  void aChannelWithNothingUnderWayServesTheNextTenant() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    for (int i = 1; i <= 20; i++) {
      publishTo("tenant" + i + ".one-abcdef");
      int all = i;
      await().until(() -> written(main, 0) == all);
      main.others().get(0).confirm(i);
    }
    await().until(() -> outcomes.size() == 20);
    assertThat(main.others()).hasSize(1);
    main.shut();
  }

  /** It may be held up still when the queue has confirmed at last. */
  @Test
  void aChannelThatWasHeldUpIsClosedAndServesNobodyElse() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    main.answerFence();
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    awaitFence(main);
    publisher.watch(after(CONFIRM_TIMEOUT));
    await().until(() -> publisher.unconfirmed() == 0);

    FakeChannel slow = main.others().get(0);
    slow.confirm(1);
    publishTo("plant.one-abcdef");

    await().until(() -> written(main, 1) == 1);
    await().until(() -> slow.calls().contains("close"));
    main.shut();
  }

  @Test
  void aChannelThatNobodyNeedsIsClosedAfterAWhile() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    publishTo("plant.one-abcdef");
    await().until(() -> written(main, 1) == 1);
    main.others().get(1).confirm(1);

    publisher.watch(after(PublishingChannels.IDLE));

    await().until(() -> main.others().get(1).calls().contains("close"));
    assertThat(main.others().get(0).calls()).doesNotContain("close");
    main.shut();
  }

  @Test
  void othersAreWrittenWhileAChannelIsBeingOpened() {
    publisher = publisherWithBuffer();
    FakeChannel main = new FakeChannel();
    CountDownLatch answered = new CountDownLatch(1);
    main.whenOpening(answered::await);
    use(main);
    loop.execute(() -> publishTo("acme.one-abcdef"));
    loop.execute(() -> publish("others", Publication.Tries.ONCE));

    await().until(() -> main.bodies().size() == 1);
    assertThat(main.others()).isEmpty();

    answered.countDown();
    await().until(() -> written(main, 0) == 1);
    main.shut();
  }

  /** RabbitMQ does not read a connection while it has an alarm: it does not reply either. */
  @Test
  void anAlarmWhileAChannelIsBeingOpenedCostsNoConnection() throws Exception {
    FakeChannel main = new FakeChannel();
    main.whenOpening(
        () -> {
          main.block();
          main.whenOpening(() -> {});
          throw new ChannelContinuationTimeoutException(
              new TimeoutException("for this test"), main.channel(), 1, null);
        });
    Thread user = use(main);
    publishTo("acme.one-abcdef");
    await().until(publisher::isBlocked);
    await().until(() -> user.getState() == Thread.State.TIMED_WAITING || !user.isAlive());
    assertThat(main.others()).isEmpty();

    main.unblock();

    await().until(() -> written(main, 0) == 1);
    main.shut();
  }

  @Test
  void aLateConfirmOfALostTenantsChannelIsNotTakenForTheNextOnes() throws Exception {
    FakeChannel last = new FakeChannel();
    Thread user = use(last);
    publishTo("acme.one-abcdef");
    await().until(() -> written(last, 0) == 1);
    last.shut();
    user.join();
    FakeChannel next = new FakeChannel();
    use(next);
    await().until(() -> written(next, 0) == 1);

    last.others().get(0).confirm(1);
    assertThat(publisher.unconfirmed()).isOne();

    next.others().get(0).confirm(1);
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme CONFIRMED"));
    next.shut();
  }

  @Test
  void aTenantsChannelThatRabbitMqClosesCostsOnlyThatTenant() throws Exception {
    FakeChannel main = new FakeChannel();
    Thread user = use(main);
    publishTo("acme.once-abcdef", Publication.Tries.ONCE);
    publishTo("acme.again-abcdef");
    publishTo("plant.one-abcdef");
    await().until(() -> publisher.unconfirmed() == 3 && written(main, 1) > 0);
    int acmes = main.others().get(0).bodies().size() == 2 ? 0 : 1;

    main.others().get(acmes).close(404, "NOT_FOUND - no exchange 'client_request_ack'");

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme UNKNOWN"));
    await().until(() -> publisher.unconfirmed() == 1);
    publish("others", Publication.Tries.ONCE);
    await().until(() -> main.bodies().size() == 1);
    assertThat(user.isAlive()).isTrue();
    assertThat(main.others()).hasSize(2);

    publisher.watch(after(PublishingChannels.PAUSE));
    await().until(() -> written(main, 2) == 1);
    main.shut();
  }

  @Test
  void aWriteOnATenantsChannelThatRabbitMqIsJustClosingCostsNoConnection() throws Exception {
    FakeChannel main = new FakeChannel();
    Thread user = use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    FakeChannel closing = main.others().get(0);
    closing.closeUnheard(404, "NOT_FOUND");

    publishTo("acme.two-abcdef");
    await().until(() -> publisher.unconfirmed() == 2);
    publish("others", Publication.Tries.ONCE);
    await().until(() -> main.bodies().size() == 1);
    assertThat(user.isAlive()).isTrue();

    closing.shut();
    await().until(() -> publisher.waiting() == 2);
    publisher.watch(after(PublishingChannels.PAUSE));
    await().until(() -> written(main, 1) == 2);
    main.shut();
  }

  /** Channels that RabbitMQ closes one after the other must not keep everybody busy. */
  @Test
  void aTenantWhoseChannelWasClosedWaitsBeforeItGetsTheNext() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    main.others().get(0).close(404, "NOT_FOUND");
    await().until(() -> publisher.waiting() == 1);

    publishTo("plant.one-abcdef");
    publishTo("acme.two-abcdef");
    await().until(() -> written(main, 1) == 1);
    main.others().get(1).confirm(1);
    publisher.watch(System.nanoTime());
    publishTo("plant.two-abcdef");
    await().until(() -> written(main, 1) == 2);
    assertThat(publisher.waiting()).isEqualTo(2);

    publisher.watch(after(PublishingChannels.PAUSE));
    await().until(() -> publisher.waiting() == 0);
    main.shut();
  }

  /** Dispatches go to other agents then, and the broker goes on. */
  @Test
  void whatWaitsTooLongForAClosedChannelFindsItsInboxBusy() throws Exception {
    FakeChannel main = new FakeChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    main.others().get(0).close(404, "NOT_FOUND");
    await().until(() -> publisher.waiting() == 1);

    publisher.watch(after(Duration.ofMinutes(1)));

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme INBOX_BUSY"));
    main.shut();
  }

  @Test
  void thereAreNoMoreChannelsThanRabbitMqAllowsAtLogin() throws Exception {
    FakeChannel main = new FakeChannel();
    main.channelMax(2);
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);

    publishTo("plant.one-abcdef");

    await().until(() -> written(main, 0) == 2);
    assertThat(main.others()).hasSize(1);
    main.shut();
  }

  @Test
  void withOneChannelTenantsShareThatOne() throws Exception {
    FakeChannel main = new FakeChannel();
    main.channelMax(1);
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> main.bodies().size() == 1);
    main.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme CONFIRMED"));
    assertThat(main.others()).isEmpty();
    main.shut();
  }

  @Test
  void whenTheClientHasNoMoreNumbersTenantsShareTheChannelThatIsLeastHeldUp() throws Exception {
    FakeChannel main = new FakeChannel();
    main.noMoreThan(3);
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    publishTo("plant.one-abcdef");
    await().until(() -> written(main, 1) == 1);

    publishTo("more.one-abcdef");

    await().until(() -> written(main, 1) == 2);
    main.others().get(1).confirm(1);
    publishTo("even.one-abcdef");
    await().until(() -> written(main, 1) == 3);
    assertThat(written(main, 0)).isOne();
    main.shut();
  }

  /** A limit of the RabbitMQ user: one connection is lost, and not one after the other. */
  @Test
  void ifRabbitMqClosesTheConnectionOverAChannelThereAreHalfAsManyFromThenOn() throws Exception {
    FakeChannel last = new FakeChannel();
    Thread user = use(last);
    for (int i = 0; i < 2; i++) {
      publishTo("tenant" + i + ".one-abcdef");
      int number = i;
      await().until(() -> written(last, number) == 1);
    }
    last.whenOpening(
        () -> {
          last.closeConnection(530, "NOT_ALLOWED - number of channels opened for user");
          throw new IOException("for this test");
        });
    publishTo("more.one-abcdef");
    user.join();

    FakeChannel next = new FakeChannel();
    use(next);

    await().until(() -> written(next, 0) == 3);
    assertThat(next.others()).hasSize(1);
    next.shut();
  }

  private void publishTo(String key) {
    publishTo(key, Publication.Tries.UNLESS_NACKED);
  }

  private void publishTo(String key, Publication.Tries tries) {
    String tenant = key.substring(0, key.indexOf('.'));
    publisher.publish(
        ackTo(key).tried(tries).whenDone(outcome -> outcomes.add(tenant + " " + outcome)));
  }

  /** Number of messages on the tenants' channel of that number. */
  private static int written(FakeChannel main, int number) {
    List<FakeChannel> others = main.others();
    return number < others.size() ? others.get(number).bodies().size() : 0;
  }

  private void awaitFence(FakeChannel channel) {
    awaitFence(channel, after(Duration.ofSeconds(1)));
  }

  /** Has a fence sent at that time, at least a second after the last one. */
  private void awaitFence(FakeChannel channel, long now) {
    long before = fences(channel);
    publisher.watch(now);
    await().until(() -> fences(channel) > before);
  }

  private static long fences(FakeChannel channel) {
    return channel.calls().stream().filter("asyncCompletableRpc"::equals).count();
  }

  private static long after(Duration time) {
    return System.nanoTime() + time.plusMillis(100).toNanos();
  }

  /** Such as a lack of memory. */
  @Test
  void anErrorInAWriteOnTheLoopCostsThatChannelOnly() throws Exception {
    publisher = publisherWithBuffer();
    FakeChannel last = new FakeChannel();
    last.failWrites(new StackOverflowError("for this test"));
    Thread user = use(last);
    await().until(() -> user.getState() == Thread.State.TIMED_WAITING); // or it would write
    loop.execute(() -> publish("a", Publication.Tries.UNTIL_CONFIRMED));
    await().until(() -> !user.isAlive());

    FakeChannel next = new FakeChannel();
    use(next);
    await().until(() -> next.bodies().size() == 1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED"));
    next.shut();
  }

  /** What was not written may have used up a number: RabbitMQ's next one would be another's. */
  @Test
  void nobodyWritesBehindAWriteOfTheLinksThatFailed() throws Exception {
    publisher = publisherWithBuffer();
    FakeChannel last = new FakeChannel();
    last.failWrites(new StackOverflowError("for this test"));
    last.whenAskedWhy(
        () -> {
          CountDownLatch turnIsOver = new CountDownLatch(1);
          loop.execute(() -> publish("b", Publication.Tries.UNTIL_CONFIRMED));
          loop.execute(turnIsOver::countDown);
          awaitQuietly(turnIsOver);
        });
    Thread user = use(last);
    publish("a", Publication.Tries.UNTIL_CONFIRMED);
    user.join();

    assertThat(last.bodies()).hasSize(1);
  }

  /**
   * It comes for what rests when that is due, not each time that the loop has written something.
   */
  @Test
  @Timeout(60)
  void theLinksThreadSleepsWhileTheLoopWrites() throws Exception {
    publisher = publisherWithBuffer();
    FakeChannel channel = new FakeChannel();
    Thread user = use(channel);
    await().until(() -> user.getState() == Thread.State.TIMED_WAITING); // or it would write
    int turns = 500;
    long from = System.nanoTime();
    long waitsBefore = waits(user);

    int confirmed = 0;
    for (int turn = 0; turn < turns; turn++) {
      loop.executeHere(
          () -> {
            publisher.publish(
                publication("rests", Publication.Tries.ONCE)
                    .batched(Publication.Batching.UNHURRIED));
            publisher.publish(publication("goes", Publication.Tries.ONCE));
          });
      while (channel.bodies().size() == confirmed) {
        Thread.onSpinWait(); // another thread had the turn, or wrote: it writes this, too
      }
      while (confirmed < channel.bodies().size()) {
        channel.confirm(++confirmed);
      }
    }

    long rests =
        (System.nanoTime() - from) / BatchQueue.REST.toNanos() + turns / BatchQueue.MAX_EVENTS;
    assertThat(waits(user) - waitsBefore).isPositive().isLessThan(10 + 4 * rests);
    channel.shut();
  }

  private static long waits(Thread thread) {
    return ManagementFactory.getThreadMXBean().getThreadInfo(thread.getId()).getWaitedCount();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One whose link has a socket, so that the loop writes too. */
  private Publisher publisherWithBuffer() {
    ConnectionFactory factory = new ConnectionFactory();
    Publisher writing = publisherTo(factory, NODE_1);
    try {
      factory.getSocketConfigurator().configure(socket);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    loop.execute(() -> loop.onTaskEnd(writing::onTaskEnd));
    return writing;
  }

  /** All from the {@code first} message on, until it is given up. */
  private void nackFrom(int first, FakeChannel channel) throws Exception {
    for (int number = first; number < first + Nacks.PATIENCE; number++) {
      int last = number;
      await().until(() -> channel.bodies().size() == last);
      channel.nack(number);
      publisher.watch(System.nanoTime());
    }
  }

  private Publisher publisherTo(AmqpConfig.Address... nodes) {
    return publisherTo(new ConnectionFactory(), nodes);
  }

  private Publisher publisherTo(ConnectionFactory factory, AmqpConfig.Address... nodes) {
    AmqpConfig config =
        new AmqpConfig(
            List.of(nodes),
            "broker",
            new Secret("broker"),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            CONFIRM_TIMEOUT,
            Duration.ofSeconds(2),
            1024 * 1024);
    Link link = new Link(factory, config, "test");
    return new Publisher(link, config, ID, loop, new SessionMetrics(new SimpleMeterRegistry()));
  }

  private Thread use(FakeChannel channel) {
    Thread user =
        new Thread(
            () -> {
              try {
                publisher.use(channel.connection());
              } catch (IOException | ShutdownSignalException e) {
                log.debug("the link would connect again", e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "test link");
    user.setDaemon(true);
    user.start();
    await().until(publisher::isConnected);
    return user;
  }

  private void publish(String version, Publication.Tries tries) {
    publisher.publish(
        publication(version, tries).whenDone(outcome -> outcomes.add(version + " " + outcome)));
  }

  private void publishRequest(String url) {
    publisher.publish(request(url).whenDone(outcome -> outcomes.add(url + " " + outcome)));
  }

  private static Publication request(String url) {
    long giveUpAt = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    Request request = new Request("orders", "GET", "/" + url, Headers.EMPTY, Body.ABSENT);
    return Publication.of(new Event.ClientRequest(ID, REQUEST_ID, 1000, request), "", giveUpAt)
        .tried(Publication.Tries.ONCE);
  }

  private static Publication error() {
    long giveUpAt = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    EventError error = new EventError(Failure.NOT_RUN, "", Hop.UPSTREAM_AGENT);
    return Publication.of(
        new Event.UpstreamError(ID, REQUEST_ID, REQUEST_ID, REQUEST_ID, error), "", giveUpAt);
  }

  private static Publication ackTo(String key) {
    long giveUpAt = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    return Publication.of(new Event.ClientRequestAck(REQUEST_ID, REQUEST_ID, ID), key, giveUpAt)
        .tried(Publication.Tries.UNLESS_NACKED);
  }

  private static Publication publication(String version, Publication.Tries tries) {
    long giveUpAt = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    return Publication.of(new Event.BrokerHello(ID, version), "", giveUpAt).tried(tries);
  }
}
