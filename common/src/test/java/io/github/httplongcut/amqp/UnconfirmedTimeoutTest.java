package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Messages without a confirm: a tenant's slow inbox, or a silent RabbitMQ. */
class UnconfirmedTimeoutTest {

  private static final String INBOX = "acme.one-abcdef";

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  // A tenant's inbox does not confirm; RabbitMQ answers.

  @Test
  void anUnconfirmedButReadMessageToATenantIsNoSilence() {
    fixture.publishTo(INBOX, "a");
    assertThat(fixture.work()).containsExactly("open", "1:1 a");
    fixture.readAll();

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    assertThat(fixture.isSilent()).isFalse();
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN");
    assertThat(fixture.notes()).containsExactly("confirms nothing: " + INBOX);
    fixture.work();
    fixture.answerFence();
    fixture.pass(Duration.ofMinutes(1));
    assertThat(fixture.isSilent()).isFalse();
  }

  /** A slow queue must not cause a reconnect. */
  @Test
  void aQueueThatDoesNotConfirmAffectsNoOther() {
    fixture.publishTo(INBOX, "ack");
    fixture.work();
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("ack UNKNOWN");
    assertThat(fixture.unconfirmed()).isZero();

    fixture.publish("next", Tries.ONCE);

    assertThat(fixture.work()).contains("0:1 next");
  }

  @Test
  void aGivenUpMessageThatWasReturnedIsReturned() {
    fixture.publishTo(INBOX, "a");
    fixture.work();
    fixture.readAll();
    fixture.returnMessage(1, 1);

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("a RETURNED");
  }

  /** RabbitMQ stops reading a channel with too much under way for one queue. */
  @Test
  void aGivenUpMessageKeepsItsPlaceUntilItsConfirm() {
    fixture.fillInboxesOf("acme");
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    assertThat(fixture.unconfirmed()).isZero();
    assertThat(fixture.outcomes()).hasSize(BatchQueue.MAX_UNCONFIRMED_PER_TENANT);

    fixture.publishTo("acme.more-abcdef", "more");
    fixture.publish("others", Tries.ONCE);
    assertThat(fixture.work()).contains("0:1 others");
    assertThat(fixture.outcomes()).containsExactly("more INBOX_BUSY");

    fixture.confirm(1, 1);
    fixture.publishTo("acme.more-abcdef", "now");
    assertThat(fixture.work()).containsExactly("1:31 now");
  }

  @Test
  void aPublicationOverdueBehindItsTenantsMessagesIsInboxBusy() {
    fixture.fillInboxesOf("acme");
    fixture.publishTo("acme.more-abcdef", "more");
    assertThat(fixture.work()).isEmpty();

    fixture.pass(PublisherFixture.GIVE_UP);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("more INBOX_BUSY");
  }

  @Test
  void aTenantWithoutConfirmsForASecondIsStuckWhenOthersGetConfirms() {
    fixture.fillInboxesOf("acme");
    fixture.publishTo("acme.more-abcdef", "waiting");
    fixture.publish("others", Tries.ONCE);
    assertThat(fixture.work()).containsExactly("0:1 others");
    fixture.pass(BatchQueue.STUCK_AFTER);
    fixture.check();
    assertThat(fixture.outcomes()).isEmpty();

    fixture.confirm(0, 1);
    fixture.publishTo("acme.more-abcdef", "next");
    assertThat(fixture.outcomes()).containsExactly("others CONFIRMED", "next INBOX_BUSY");
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("waiting INBOX_BUSY");
  }

  @Test
  void givenUpMessagesAreForgottenWithTheirChannel() {
    fixture.publishTo(INBOX, "a");
    fixture.work();
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN");

    fixture.shutDown(1);
    assertThat(fixture.work()).contains("remove 1");

    assertThat(fixture.outcomes()).isEmpty();
    assertThat(fixture.state.isDone()).isTrue();
    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    fixture.fillInboxesOf("acme");
    assertThat(fixture.unconfirmed()).isEqualTo(BatchQueue.MAX_UNCONFIRMED_PER_TENANT);
  }

  /** While the link's thread leaves the connection, its reader may still pass confirms on. */
  @Test
  void aLateConfirmOfAGivenUpMessageFreesNoPlaceOnTheNextConnection() {
    fixture.fillInboxesOf("acme");
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    PublishingChannel last = fixture.channel(1);
    fixture.lose();
    fixture.connect();
    fixture.fillInboxesOf("acme");

    fixture.confirm(last, 1);
    fixture.publishTo("acme.inbox0-abcdef", "more");
    fixture.pass(BatchQueue.MAX_HOLD);

    assertThat(fixture.work()).isEmpty();
    assertThat(fixture.unconfirmed()).isEqualTo(BatchQueue.MAX_UNCONFIRMED_PER_TENANT);
  }

  // Messages that are not given up.

  /** Without the answer to a fence, the connection may be dead. */
  @Test
  void anUnreadMessageIsNotGivenUp() {
    fixture.publishTo(INBOX, "a");
    fixture.work();
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();

    assertThat(fixture.unconfirmed()).isOne();
    assertThat(fixture.outcomes()).isEmpty();
  }

  /** The fence was sent before the message, so its answer says nothing about the message. */
  @Test
  void aMessageAfterTheFenceIsNotRead() {
    fixture.publishTo(INBOX, "before");
    fixture.work();
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");
    fixture.publishTo("acme.two-abcdef", "after");
    assertThat(fixture.work()).containsExactly("1:2 after");
    fixture.answerFence();

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("before UNKNOWN");
  }

  /** In a cluster, another node or channel may know the queue's leader: reconnecting may help. */
  @Test
  void anUnconfirmedMessageToASharedQueueIsNotGivenUp() {
    fixture.publishRequest("a");
    fixture.work();
    fixture.readAll();

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();

    assertThat(fixture.unconfirmed()).isOne();
    assertThat(fixture.outcomes()).isEmpty();
    assertThat(fixture.isSilent()).isTrue();
  }

  /** RabbitMQ could not confirm during the alarm. */
  @Test
  void aMessageIsNotGivenUpSoonAfterAnAlarm() {
    fixture.publishTo(INBOX, "a");
    fixture.work();
    fixture.readAll();
    fixture.block();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    fixture.unblock();
    fixture.check();
    assertThat(fixture.outcomes()).isEmpty();

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN");
  }

  // RabbitMQ does not answer.

  @Test
  void anUnreadMessageIsSilenceOnAnyChannel() {
    fixture.publishTo(INBOX, "a");
    fixture.work();

    assertThat(fixture.isSilent()).isFalse();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT.plusSeconds(1));
    assertThat(fixture.isSilent()).isTrue();
  }

  @Test
  void anUnansweredFenceIsSilence() {
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    assertThat(fixture.isSilent()).isTrue();
    fixture.answerFence();
    assertThat(fixture.isSilent()).isFalse();
  }

  @Test
  void aLateAnswerToAFenceOfALostConnectionIsIgnored() {
    PublishingChannel last = fixture.main();
    fixture.lose();
    fixture.connect();
    fixture.pass(Duration.ofSeconds(1));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");

    fixture.answerFence(last);

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    assertThat(fixture.isSilent()).isTrue();
  }

  /** Meanwhile the link's thread waits for the reply, and sends no fence. */
  @Test
  void aChannelThatIsNotOpenedInTimeIsSilence() {
    fixture.publishTo(INBOX, "a");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");

    assertThat(fixture.isSilent()).isFalse();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    assertThat(fixture.isSilent()).isTrue();
    fixture.opened();
    assertThat(fixture.isSilent()).isFalse();
  }

  @Test
  void anAlarmOrASuspensionIsNoSilence() {
    fixture.publish("a", Tries.ONCE);
    fixture.work();
    fixture.block();
    fixture.pass(Duration.ofMinutes(1));
    assertThat(fixture.isSilent()).isFalse();
    fixture.unblock();
    assertThat(fixture.isSilent()).isFalse();

    fixture.pass(Duration.ofMinutes(1));
    fixture.state.connection().onSuspended(fixture.now());
    assertThat(fixture.isSilent()).isFalse();

    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT.plusSeconds(1));
    assertThat(fixture.isSilent()).isTrue();
  }
}
