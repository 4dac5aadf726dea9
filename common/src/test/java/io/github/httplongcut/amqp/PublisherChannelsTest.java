package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.RunningPublisher.await;
import static io.github.httplongcut.amqp.RunningPublisher.isWaiting;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ChannelContinuationTimeoutException;
import io.github.httplongcut.session.Publication.Tries;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Channels of tenants on the AMQP client, which the link's thread opens, closes and removes. */
class PublisherChannelsTest {

  private final RunningPublisher running = new RunningPublisher();

  @AfterEach
  void close() throws IOException {
    running.close();
  }

  @Test
  void anIdleChannelIsClosedAfterAWhile() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    running.use(main);
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, main, 0);
    main.others().get(0).confirm(1);

    running.checkAfter(PublishingChannels.MAX_IDLE);

    await().until(() -> main.others().get(0).calls().contains("close"));
    main.shutDown();
  }

  @Test
  void otherMessagesAreWrittenWhileAChannelIsOpened() throws Exception {
    running.openSocket();
    FakeAmqpChannel main = new FakeAmqpChannel();
    CountDownLatch answered = new CountDownLatch(1);
    main.whenOpening(answered::await);
    running.use(main);
    running.loop.execute(() -> running.publishTo("acme.one-abcdef"));
    running.loop.execute(() -> running.publish("others", Tries.ONCE));

    running.awaitWritten(1, main);
    assertThat(main.others()).isEmpty();

    answered.countDown();
    running.awaitWritten(1, main, 0);
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
    Thread user = running.use(main);
    running.publishTo("acme.one-abcdef");
    await().until(running.publisher::isBlocked);
    await().until(() -> isWaiting(user) || !user.isAlive());
    assertThat(main.others()).isEmpty();

    main.unblock();

    running.awaitWritten(1, main, 0);
    main.shutDown();
  }

  @Test
  void aWriteOnAClosingTenantChannelDoesNotCloseTheConnection() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    Thread user = running.use(main);
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, main, 0);
    FakeAmqpChannel closing = main.others().get(0);
    closing.closeWithoutShutdownEvent(404, "NOT_FOUND");

    running.publishTo("acme.two-abcdef");
    await().until(() -> running.publisher.unconfirmed() == 2);
    running.publish("others", Tries.ONCE);
    running.awaitWritten(1, main);
    assertThat(user.isAlive()).isTrue();

    closing.shutDown();
    await().until(() -> running.publisher.waiting() == 2);
    running.checkAfter(PublishingChannels.REOPEN_DELAY);
    running.awaitWritten(2, main, 1);
    main.shutDown();
  }

  @Test
  void tenantsShareASingleChannel() throws Exception {
    FakeAmqpChannel main = new FakeAmqpChannel();
    main.channelMax(1);
    running.use(main);
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, main);
    main.confirm(1);

    running.awaitOutcomes("acme CONFIRMED");
    assertThat(main.others()).isEmpty();
    main.shutDown();
  }

  /** The client then returns no channel. */
  @Test
  void atTheClientsLimitTenantsShareAChannel() {
    FakeAmqpChannel main = new FakeAmqpChannel();
    main.clientChannelLimit(2);
    running.use(main);
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, main, 0);

    running.publishTo("plant.one-abcdef");

    running.awaitWritten(2, main, 0);
    assertThat(main.others()).hasSize(1);
    main.shutDown();
  }

  /** RabbitMQ may limit a user's channels. This must not close one connection after another. */
  @Test
  void aConnectionClosedForTooManyChannelsHalvesTheLimit() throws Exception {
    FakeAmqpChannel last = new FakeAmqpChannel();
    Thread user = running.use(last);
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, last, 0);
    running.publishTo("plant.one-abcdef");
    running.awaitWritten(1, last, 1);
    last.whenOpening(
        () -> {
          last.closeConnection(530, "NOT_ALLOWED - number of channels opened for user");
          throw new IOException("for this test");
        });
    running.publishTo("more.one-abcdef");
    user.join();

    FakeAmqpChannel next = new FakeAmqpChannel();
    running.use(next);

    running.awaitWritten(3, next, 0);
    assertThat(next.others()).hasSize(1);
    next.shutDown();
  }
}
