package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Turns of the threads that write: one at a time, and each only what it may write. */
class WriteTurnsTest {

  private static final String INBOX = "acme.one-abcdef";
  private static final Duration A_MOMENT = Duration.ofNanos(1);

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  // One writer at a time.

  @Test
  void whileOneThreadWritesNoOtherTakesAMessage() {
    publishAlone("a");
    publishAlone("b");
    publishAlone("c");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 a");
    assertThat(fixture.nextLinkWork()).isEqualTo("wait");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");

    fixture.written(WriteResult.WRITTEN);
    assertThat(fixture.nextLinkWork()).isEqualTo("0:2 b");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    fixture.written(WriteResult.WRITTEN);

    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:3 c");
  }

  @Test
  void afterAnotherThreadsWriteTheLinksThreadSendsTheFenceThatIsDue() {
    publishAlone("a");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 a");
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.nextLinkWork()).isEqualTo("wait");
    fixture.woken();

    fixture.written(WriteResult.WRITTEN);

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.nextLinkWork()).isEqualTo("fence");
    publishAlone("b");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    fixture.written(WriteResult.WRITTEN);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:2 b");
  }

  @Test
  void otherMessagesAreWrittenWhileAChannelIsOpened() {
    fixture.publishTo(INBOX, "ack");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");

    publishAlone("others");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 others");
    fixture.written(WriteResult.WRITTEN);
    fixture.opened();

    assertThat(fixture.work()).containsExactly("1:1 ack");
  }

  /** Neither channels nor messages must wait for all the others. */
  @Test
  void channelsAndMessagesTakeTurns() {
    fixture.publishTo(INBOX, "ack");
    fixture.publishTo("plant.one-abcdef", "ack2");
    publishAlone("a");
    publishAlone("b");

    assertThat(fixture.work())
        .containsExactly("0:1 a", "0:2 b", "open", "1:1 ack", "open", "2:1 ack2");

    fixture.publishTo("more.one-abcdef", "ack3");
    publishAlone("c");
    fixture.shutDown(1);
    fixture.shutDown(2);
    assertThat(fixture.work()).containsExactly("remove 1", "0:3 c", "remove 2", "open", "3:1 ack3");
  }

  // Failed writes.

  /** The failed write may have used up a number, so the numbers of later confirms are unknown. */
  @Test
  void afterAFailedWriteTheLinkLeavesAndNothingIsWritten() {
    publishAlone("a");
    publishAlone("b");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 a");
    fixture.woken();

    fixture.written(WriteResult.FAILED);

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    fixture.block();
    fixture.unblock();
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.nextLinkWork()).isEqualTo("leave");
    fixture.lose();
    fixture.connect();
    assertThat(fixture.work()).containsExactlyInAnyOrder("0:1 a", "0:2 b");
  }

  @Test
  void aFailedWriteOnATenantsChannelReplacesTheConnection() {
    fixture.publishTo(INBOX, "ack");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.opened();
    assertThat(fixture.nextLinkWork()).isEqualTo("1:1 ack");

    fixture.written(WriteResult.FAILED);

    assertThat(fixture.nextLinkWork()).isEqualTo("leave");
  }

  @Test
  void aWriteOnAClosedMainChannelReplacesTheConnection() {
    publishAlone("a");
    fixture.nextUnblockedWrite();

    fixture.written(WriteResult.CHANNEL_CLOSED);

    assertThat(fixture.nextLinkWork()).isEqualTo("leave");
  }

  @Test
  void aWriteOnAClosingTenantChannelDoesNotCloseTheConnection() {
    fixture.publishTo(INBOX, "ack");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.opened();
    assertThat(fixture.nextLinkWork()).isEqualTo("1:1 ack");
    fixture.written(WriteResult.CHANNEL_CLOSED);
    publishAlone("others");
    assertThat(fixture.work()).containsExactly("0:1 others");

    fixture.shutDown(1);
    assertThat(fixture.work()).containsExactly("remove 1");
    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();

    assertThat(fixture.work()).contains("open", "2:1 ack");
  }

  /** A thread may be slow to end its write, and must not stop the next connection. */
  @Test
  void aFailedWriteOnALostConnectionDoesNotAffectTheNextOne() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 a");
    fixture.lose();
    fixture.connect();
    assertThat(fixture.nextLinkWork()).isEqualTo("wait");
    fixture.woken();

    fixture.written(WriteResult.FAILED);

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.work()).containsExactly("0:1 a");
  }

  // Bytes that RabbitMQ may not have read.

  @Test
  void allChannelsShareOneWindow() {
    fixture.publish("nearly the window", fixture.hello("v".repeat(PublisherFixture.WINDOW - 700)));
    assertThat(fixture.work()).hasSize(1);
    fixture.publishTo(INBOX, "a");
    assertThat(fixture.work()).containsExactly("open");

    fixture.readAll();

    assertThat(fixture.work()).containsExactly("1:1 a");
  }

  @Test
  void aMessageLargerThanTheWindowIsWrittenAlone() {
    String large = "v".repeat(PublisherFixture.WINDOW);
    fixture.publish("large", fixture.hello(large).batched(Batching.ALONE));
    fixture.publish("larger", fixture.hello(large + "v").batched(Batching.ALONE));
    assertThat(fixture.work()).containsExactly("0:1 large");

    fixture.confirm(0, 1);

    assertThat(fixture.work()).containsExactly("0:2 larger");
  }

  @Test
  void aThreadThatMustNotBlockLeavesLargeMessagesToTheLinksThread() {
    String large = "v".repeat(PublisherFixture.MAX_UNBLOCKED_BYTES);
    fixture.publish("large", fixture.hello(large));
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.work()).containsExactly("0:1 large");

    publishAlone("small");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.work()).containsExactly("0:2 small");
  }

  // Waking the link's thread.

  @Test
  void theLinksThreadWakesForChannels() {
    fixture.publishTo(INBOX, "a");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");

    assertThat(fixture.woken()).isTrue();
  }

  @Test
  void theLinksThreadIsNotWokenForWhatAnotherThreadWrites() {
    fixture.publish("a", Tries.ONCE);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 a");
    fixture.written(WriteResult.WRITTEN);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    fixture.confirm(0, 1);

    assertThat(fixture.woken()).isFalse();
  }

  @Test
  void theLinksThreadIsWokenOnlyIfItWouldWakeUpTooLate() {
    publishUnhurried("a");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.woken()).as("it waits for no time").isTrue();
    waitOnLink(BatchQueue.UNHURRIED_HOLD);
    fixture.pass(A_MOMENT);

    publishUnhurried("b");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.woken()).as("it wakes up in time").isFalse();

    fixture.publish("c", Tries.ONCE);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("0:1 c");
    fixture.written(WriteResult.WRITTEN);
    fixture.publish("d", Tries.ONCE);
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.woken()).as("d is due sooner").isTrue();
    waitOnLink(BatchQueue.MAX_HOLD);
    fixture.pass(BatchQueue.MAX_HOLD);
    assertThat(fixture.work()).containsExactly("0:2 d");
  }

  @Test
  void theLinksThreadIsWokenIfItNoLongerWaitsForATime() {
    publishUnhurried("a");
    waitOnLink(BatchQueue.UNHURRIED_HOLD);
    fixture.pass(BatchQueue.UNHURRIED_HOLD);
    assertThat(fixture.work()).containsExactly("0:1 a");
    assertThat(fixture.state.connection().nanosToWait(fixture.now())).isEqualTo(Long.MAX_VALUE);
    fixture.woken();

    publishUnhurried("b");
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");

    assertThat(fixture.woken()).isTrue();
  }

  /** The link's thread could not take it, so it waits for a confirm and not for a time. */
  @Test
  void forAMessageThatIsDueTheLinksThreadWaitsForAnEvent() {
    String nearlyTheWindow = "v".repeat(PublisherFixture.WINDOW - 700);
    fixture.publish("a", fixture.hello(nearlyTheWindow).batched(Batching.ALONE));
    fixture.publish("b", fixture.hello(nearlyTheWindow).batched(Batching.ALONE));
    assertThat(fixture.work()).containsExactly("0:1 a");

    assertThat(fixture.state.connection().nanosToWait(fixture.now())).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theLinksThreadWakesWhenRabbitMqHasReadWhatFilledTheWindow() {
    fixture.publish("nearly the window", fixture.hello("v".repeat(PublisherFixture.WINDOW - 700)));
    fixture.work();
    fixture.publish("next", fixture.hello("v".repeat(700)));
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");
    fixture.woken();

    fixture.answerFence();

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.work()).containsExactly("0:2 next");
  }

  private void publishAlone(String name) {
    fixture.publish(name, fixture.hello(name).batched(Batching.ALONE));
  }

  private void publishUnhurried(String name) {
    fixture.publish(name, fixture.hello(name).batched(Batching.UNHURRIED));
  }

  /** Lets the link's thread wait, and checks for how long. */
  private void waitOnLink(Duration expected) {
    assertThat(fixture.nextLinkWork()).isEqualTo("wait");
    assertThat(fixture.state.connection().nanosToWait(fixture.now())).isEqualTo(expected.toNanos());
  }
}
