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
import io.github.httplongcut.session.Publication;
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

/** Events at moments that a real RabbitMQ rarely hits. */
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
          public void onSuspended(long nanos) {}
        });
  }

  @AfterEach
  void close() throws IOException {
    publisher.close();
    loop.close();
    socket.close();
  }

  @Test
  void aNackAfterTheCloseIsAnOutcome() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    channel.blockWrites(); // so that the link's thread still uses the connection at the nack
    Thread user = use(channel);
    publish("a", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1);

    publisher.close();
    channel.nack(1);
    channel.shutDown();
    user.join();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NACKED"));
  }

  @Test
  void anExceptionInOneListenerDoesNotAffectOtherOutcomes() {
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
  void aLateConfirmOfALostChannelIsIgnored() throws Exception {
    FakeAmqpChannel last = new FakeAmqpChannel();
    Thread user = use(last);
    publish("a", Publication.Tries.ONCE);
    await().until(() -> last.bodies().size() == 1);
    last.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);
    publish("b", Publication.Tries.ONCE);
    await().until(() -> next.bodies().size() == 1);

    last.confirm(1);
    last.block();
    next.returnMessage(1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a UNKNOWN", "b RETURNED"));
    assertThat(publisher.isBlocked()).isFalse();
    next.shutDown();
  }

  @Test
  void aReturnedMessageIsReturnedEvenWithoutAConfirm() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = use(channel);
    publish("a", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1);

    channel.returnMessage(1);
    channel.shutDown();
    user.join();

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a RETURNED"));
  }

  /** Otherwise an older heartbeat could follow the one that says {@code gone}. */
  @Test
  void republishedMessagesKeepTheirOrder() throws Exception {
    FakeAmqpChannel last = new FakeAmqpChannel();
    Thread user = use(last);
    for (String version : List.of("1", "2")) {
      publish(version, Publication.Tries.UNTIL_CONFIRMED);
      await().until(() -> last.bodies().size() == Integer.parseInt(version));
    }
    last.block();
    publish("3", Publication.Tries.UNTIL_CONFIRMED);
    last.shutDown();
    user.join();

    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);

    await().until(() -> !next.bodies().isEmpty());
    assertThat(next.bodies().get(0)).containsSubsequence("\"1\"", "\"2\"", "\"3\"");
    next.shutDown();
  }

  @Test
  void anOverduePublicationIsNotWrittenOnANewConnection() {
    publisher.publish(
        Publication.of(new Event.BrokerHello(ID, "late"), "", System.nanoTime())
            .whenDone(outcome -> outcomes.add("late " + outcome)));

    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("late NO_CONNECTION"));
    assertThat(channel.bodies()).isEmpty();
    channel.shutDown();
  }

  @Test
  void aNackedRequestGetsItsOutcomeAtOnce() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    publish("a", Publication.Tries.ONCE);
    await().until(() -> channel.bodies().size() == 1);

    channel.nack(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NACKED"));
    channel.shutDown();
  }

  /** The first channel may not know the queue's new leader. */
  @Test
  void inAClusterARequestNackedByANewChannelIsRetriedOnAnother() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeAmqpChannel fresh = new FakeAmqpChannel();
    Thread user = use(fresh);
    publishRequest("a");
    nackFrom(1, fresh);
    user.join();
    assertThat(outcomes).isEmpty();

    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);
    await().until(() -> next.bodies().size() == 1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED"));
    next.shutDown();
  }

  @Test
  void inAClusterANackedRequestCanBeWithdrawn() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeAmqpChannel fresh = new FakeAmqpChannel();
    use(fresh);
    Publication request = request("a");
    publisher.publish(request);
    await().until(() -> fresh.bodies().size() == 1);
    fresh.nack(1);
    assertThat(publisher.flush(Duration.ZERO)).isFalse();

    publisher.withdraw(request);

    assertThat(publisher.flush(Duration.ZERO)).isTrue();
    fresh.shutDown();
  }

  /** The channel knows the queue's leader, so the nack means that the queue is full. */
  @Test
  void inAClusterANackCountsOnceTheChannelHasConfirmedARequest() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    publishRequest("a");
    await().until(() -> channel.bodies().size() == 1);
    channel.confirm(1);
    publishRequest("b");
    await().until(() -> channel.bodies().size() == 2);

    channel.nack(2);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED", "b NACKED"));
    channel.shutDown();
  }

  @Test
  void aChannelIsReplacedForItsNacksOnlyAfterTheLastConfirm() throws Exception {
    publisher = publisherTo(NODE_1, NODE_2);
    FakeAmqpChannel channel = new FakeAmqpChannel();
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
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);

    publish("v".repeat(WireLimits.MESSAGE_BYTES), Publication.Tries.UNTIL_CONFIRMED);
    publish("b", Publication.Tries.ONCE);

    await().until(() -> channel.bodies().size() == 1);
    assertThat(channel.bodies().get(0)).contains("\"b\"");
    assertThat(outcomes).singleElement().asString().endsWith(" REFUSED");
    channel.shutDown();
  }

  /** A retry would close the next channel, too, with the unconfirmed messages of others. */
  @Test
  void aMessageOverRabbitMqsMaximumIsNotWrittenAgain() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = use(channel);
    publish("short", Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 1); // or both would be one message
    publish("long".repeat(1000), Publication.Tries.UNTIL_CONFIRMED);
    await().until(() -> channel.bodies().size() == 2);
    channel.closeReason(
        406, "PRECONDITION_FAILED - message size 4096 is larger than configured max size 1024");
    channel.shutDown();
    user.join();

    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);

    await().until(() -> next.bodies().size() == 1);
    assertThat(next.bodies().get(0)).contains("short");
    await()
        .untilAsserted(() -> assertThat(outcomes).singleElement().asString().endsWith(" REFUSED"));
    next.shutDown();
  }

  @Test
  void nothingIsWrittenWhileThePublisherIsHeld() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    publisher.hold(true);
    publish("a", Publication.Tries.ONCE);
    publisher.watch(System.nanoTime() + Duration.ofMinutes(2).toNanos());
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a NO_CONNECTION"));

    publish("b", Publication.Tries.ONCE);
    publisher.hold(false);
    await().until(() -> channel.bodies().size() == 1);

    assertThat(channel.bodies().get(0)).contains("\"b\"");
    channel.shutDown();
  }

  /** A slow queue must not cause a reconnect. */
  @Test
  void aQueueThatDoesNotConfirmAffectsNoOther() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
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
    channel.shutDown();
  }

  /** RabbitMQ stops reading a channel with too much under way for one queue. */
  @Test
  void aGivenUpMessageKeepsItsPlaceUntilItsConfirm() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    channel.answerFence();
    for (int i = 0; i < BatchQueue.MAX_UNCONFIRMED_PER_TENANT; i++) {
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
    await().until(() -> written(channel, 0) == BatchQueue.MAX_UNCONFIRMED_PER_TENANT + 1);
    channel.shutDown();
  }

  @Test
  void aPublicationOverdueBehindItsTenantsMessagesIsInboxBusy() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    for (int i = 0; i < BatchQueue.MAX_UNCONFIRMED_PER_TENANT; i++) {
      publisher.publish(ackTo("acme.inbox" + i + "-abcdef"));
      int written = i + 1;
      await().until(() -> written(channel, 0) == written);
    }
    publisher.publish(
        ackTo("acme.more-abcdef").whenDone(outcome -> outcomes.add("more " + outcome)));

    publisher.watch(after(Duration.ofMinutes(1)));

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("more INBOX_BUSY"));
    channel.shutDown();
  }

  /** Without the answer to a fence, the connection may be dead. */
  @Test
  void anUnreadMessageIsNotGivenUp() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    publisher.publish(ackTo("acme.one-abcdef"));
    await().until(() -> written(channel, 0) == 1);

    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));

    assertThat(publisher.unconfirmed()).isOne();
    channel.shutDown();
  }

  /** In a cluster, another node or channel may know the queue's leader: reconnecting may help. */
  @Test
  void anUnconfirmedMessageToASharedQueueIsNotGivenUp() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    use(channel);
    channel.answerFence();
    publishRequest("a");
    await().until(() -> channel.bodies().size() == 1);

    awaitFence(channel);
    publisher.watch(after(CONFIRM_TIMEOUT));

    assertThat(publisher.unconfirmed()).isOne();
    assertThat(outcomes).isEmpty();
    channel.shutDown();
  }

  // Channels of tenants.

  /** RabbitMQ stops processing a channel that waits for a tenant's queue. */
  @Test
  void eachTenantHasAChannelWithItsOwnNumbers() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    publishTo("plant.one-abcdef");
    await().until(() -> written(main, 1) == 1);
    publish("others", Publication.Tries.ONCE);
    await().until(() -> main.bodies().size() == 1);
    assertThat(publisher.unconfirmed()).isEqualTo(3);

    main.others().get(1).returnMessage(1);
    main.others().get(1).confirm(1);
    main.confirm(1);
    await()
        .untilAsserted(
            () -> assertThat(outcomes).containsExactly("plant RETURNED", "others CONFIRMED"));
    assertThat(publisher.flush(Duration.ZERO)).isFalse();

    main.others().get(0).nack(1);
    await().until(() -> publisher.unconfirmed() == 0);
    main.shutDown();
  }

  @Test
  void aTenantKeepsItsChannelWhileMessagesAreUnconfirmed() {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    for (int i = 0; i < 3; i++) {
      publishTo("acme.inbox" + i + "-abcdef");
      int all = i + 1;
      await().until(() -> written(main, 0) == all);
    }
    assertThat(main.others()).hasSize(1);
    main.shutDown();
  }

  /** A flood of invented tenant names must not open a channel for each. */
  @Test
  void anIdleChannelServesTheNextTenant() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    for (int i = 1; i <= 20; i++) {
      publishTo("tenant" + i + ".one-abcdef");
      int all = i;
      await().until(() -> written(main, 0) == all);
      main.others().get(0).confirm(i);
    }
    await().until(() -> outcomes.size() == 20);
    assertThat(main.others()).hasSize(1);
    main.shutDown();
  }

  /** The channel may still be delayed after the late confirm. */
  @Test
  void aSlowChannelIsClosedAndNotReused() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    main.answerFence();
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    awaitFence(main);
    publisher.watch(after(CONFIRM_TIMEOUT));
    await().until(() -> publisher.unconfirmed() == 0);

    FakeAmqpChannel slow = main.others().get(0);
    slow.confirm(1);
    publishTo("plant.one-abcdef");

    await().until(() -> written(main, 1) == 1);
    await().until(() -> slow.calls().contains("close"));
    main.shutDown();
  }

  @Test
  void anIdleChannelIsClosedAfterAWhile() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    publishTo("plant.one-abcdef");
    await().until(() -> written(main, 1) == 1);
    main.others().get(1).confirm(1);

    publisher.watch(after(PublishingChannels.MAX_IDLE));

    await().until(() -> main.others().get(1).calls().contains("close"));
    assertThat(main.others().get(0).calls()).doesNotContain("close");
    main.shutDown();
  }

  @Test
  void otherMessagesAreWrittenWhileAChannelIsOpened() {
    publisher = publisherWithBuffer();
    FakeAmqpChannel main = new FakeAmqpChannel();
    CountDownLatch answered = new CountDownLatch(1);
    main.whenOpening(answered::await);
    use(main);
    loop.execute(() -> publishTo("acme.one-abcdef"));
    loop.execute(() -> publish("others", Publication.Tries.ONCE));

    await().until(() -> main.bodies().size() == 1);
    assertThat(main.others()).isEmpty();

    answered.countDown();
    await().until(() -> written(main, 0) == 1);
    main.shutDown();
  }

  /** During an alarm RabbitMQ does not read a publishing connection, so it does not reply. */
  @Test
  void anAlarmWhileAChannelIsOpenedDoesNotCloseTheConnection() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
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
    main.shutDown();
  }

  @Test
  void aLateConfirmOfALostTenantChannelIsIgnored() throws Exception {
    FakeAmqpChannel last = new FakeAmqpChannel();
    Thread user = use(last);
    publishTo("acme.one-abcdef");
    await().until(() -> written(last, 0) == 1);
    last.shutDown();
    user.join();
    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);
    await().until(() -> written(next, 0) == 1);

    last.others().get(0).confirm(1);
    assertThat(publisher.unconfirmed()).isOne();

    next.others().get(0).confirm(1);
    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme CONFIRMED"));
    next.shutDown();
  }

  @Test
  void aClosedTenantChannelAffectsNoOtherTenant() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
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

    publisher.watch(after(PublishingChannels.REOPEN_DELAY));
    await().until(() -> written(main, 2) == 1);
    main.shutDown();
  }

  @Test
  void aWriteOnAClosingTenantChannelDoesNotCloseTheConnection() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    Thread user = use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    FakeAmqpChannel closing = main.others().get(0);
    closing.closeWithoutShutdownEvent(404, "NOT_FOUND");

    publishTo("acme.two-abcdef");
    await().until(() -> publisher.unconfirmed() == 2);
    publish("others", Publication.Tries.ONCE);
    await().until(() -> main.bodies().size() == 1);
    assertThat(user.isAlive()).isTrue();

    closing.shutDown();
    await().until(() -> publisher.waiting() == 2);
    publisher.watch(after(PublishingChannels.REOPEN_DELAY));
    await().until(() -> written(main, 1) == 2);
    main.shutDown();
  }

  /** Channels that RabbitMQ closes again and again must not take up all the time. */
  @Test
  void aTenantWaitsForANewChannelAfterItsLastOneWasClosed() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
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

    publisher.watch(after(PublishingChannels.REOPEN_DELAY));
    await().until(() -> publisher.waiting() == 0);
    main.shutDown();
  }

  /** The broker then dispatches to other agents. */
  @Test
  void aPublicationOverdueForAClosedChannelIsInboxBusy() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);
    main.others().get(0).close(404, "NOT_FOUND");
    await().until(() -> publisher.waiting() == 1);

    publisher.watch(after(Duration.ofMinutes(1)));

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme INBOX_BUSY"));
    main.shutDown();
  }

  @Test
  void channelMaxLimitsTheChannels() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    main.channelMax(2);
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> written(main, 0) == 1);

    publishTo("plant.one-abcdef");

    await().until(() -> written(main, 0) == 2);
    assertThat(main.others()).hasSize(1);
    main.shutDown();
  }

  @Test
  void tenantsShareASingleChannel() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    main.channelMax(1);
    use(main);
    publishTo("acme.one-abcdef");
    await().until(() -> main.bodies().size() == 1);
    main.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("acme CONFIRMED"));
    assertThat(main.others()).isEmpty();
    main.shutDown();
  }

  @Test
  void atTheClientsLimitTenantsShareTheLeastDelayedChannel() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    main.clientChannelLimit(3);
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
    main.shutDown();
  }

  /** RabbitMQ may limit a user's channels. This must not close one connection after another. */
  @Test
  void aConnectionClosedForTooManyChannelsHalvesTheLimit() throws Exception {
    FakeAmqpChannel last = new FakeAmqpChannel();
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

    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);

    await().until(() -> written(next, 0) == 3);
    assertThat(next.others()).hasSize(1);
    next.shutDown();
  }

  private void publishTo(String key) {
    publishTo(key, Publication.Tries.UNLESS_NACKED);
  }

  private void publishTo(String key, Publication.Tries tries) {
    String tenant = key.substring(0, key.indexOf('.'));
    publisher.publish(
        ackTo(key).tried(tries).whenDone(outcome -> outcomes.add(tenant + " " + outcome)));
  }

  /** Returns the number of messages written on a tenant channel. */
  private static int written(FakeAmqpChannel main, int number) {
    List<FakeAmqpChannel> others = main.others();
    return number < others.size() ? others.get(number).bodies().size() : 0;
  }

  private void awaitFence(FakeAmqpChannel channel) {
    awaitFence(channel, after(Duration.ofSeconds(1)));
  }

  /** Has a fence sent at this time, which must be a second after the last one. */
  private void awaitFence(FakeAmqpChannel channel, long now) {
    long before = fences(channel);
    publisher.watch(now);
    await().until(() -> fences(channel) > before);
  }

  private static long fences(FakeAmqpChannel channel) {
    return channel.calls().stream().filter("asyncCompletableRpc"::equals).count();
  }

  private static long after(Duration time) {
    return System.nanoTime() + time.plusMillis(100).toNanos();
  }

  /** An OutOfMemoryError, for example. */
  @Test
  void anErrorInAWriteOnTheLoopOnlyReplacesTheConnection() throws Exception {
    publisher = publisherWithBuffer();
    FakeAmqpChannel last = new FakeAmqpChannel();
    last.failWrites(new StackOverflowError("for this test"));
    Thread user = use(last);
    await().until(() -> user.getState() == Thread.State.TIMED_WAITING); // else it would write
    loop.execute(() -> publish("a", Publication.Tries.UNTIL_CONFIRMED));
    await().until(() -> !user.isAlive());

    FakeAmqpChannel next = new FakeAmqpChannel();
    use(next);
    await().until(() -> next.bodies().size() == 1);
    next.confirm(1);

    await().untilAsserted(() -> assertThat(outcomes).containsExactly("a CONFIRMED"));
    next.shutDown();
  }

  /**
   * The failed write may have used up a number, so the numbers of later confirms would be wrong.
   */
  @Test
  void noOtherThreadWritesAfterAFailedWrite() throws Exception {
    publisher = publisherWithBuffer();
    FakeAmqpChannel last = new FakeAmqpChannel();
    last.failWrites(new StackOverflowError("for this test"));
    last.whenCloseReasonRead(
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

  /** The link's thread wakes up only when held publications are due. */
  @Test
  @Timeout(60)
  void theLinksThreadIsNotWokenForEachWriteOfTheLoop() throws Exception {
    publisher = publisherWithBuffer();
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = use(channel);
    await().until(() -> user.getState() == Thread.State.TIMED_WAITING); // else it would write
    int turns = 500;
    long from = System.nanoTime();
    long waitsBefore = waits(user);

    int confirmed = 0;
    for (int turn = 0; turn < turns; turn++) {
      loop.executeHere(
          () -> {
            publisher.publish(
                publication("held", Publication.Tries.ONCE)
                    .batched(Publication.Batching.UNHURRIED));
            publisher.publish(publication("at once", Publication.Tries.ONCE));
          });
      while (channel.bodies().size() == confirmed) {
        Thread.onSpinWait(); // another thread runs the loop or writes, and will write this message
      }
      while (confirmed < channel.bodies().size()) {
        channel.confirm(++confirmed);
      }
    }

    long holds =
        (System.nanoTime() - from) / BatchQueue.UNHURRIED_HOLD.toNanos()
            + turns / BatchQueue.MAX_BATCH_EVENTS;
    assertThat(waits(user) - waitsBefore).isPositive().isLessThan(10 + 4 * holds);
    channel.shutDown();
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

  /** Returns a publisher whose link has a socket, so that the loop's thread writes, too. */
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

  /** Nacks each message from {@code first} on, until the channel must be replaced. */
  private void nackFrom(int first, FakeAmqpChannel channel) throws Exception {
    for (int number = first; number < first + Nacks.INITIAL_POLLS; number++) {
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

  private Thread use(FakeAmqpChannel channel) {
    Thread user =
        new Thread(
            () -> {
              try {
                publisher.connectionUser().use(channel.connection());
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
