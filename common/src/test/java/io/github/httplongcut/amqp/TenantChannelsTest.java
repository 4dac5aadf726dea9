package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.session.Publication.Tries;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Channels of tenants, from their opening to their end. */
class TenantChannelsTest {

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  /** RabbitMQ stops processing a channel that waits for a tenant's queue. */
  @Test
  void eachTenantHasAChannelWithItsOwnNumbers() {
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.publishTo("plant.one-abcdef", "plant");
    fixture.publish("others", Tries.ONCE);
    assertThat(fixture.work())
        .containsExactlyInAnyOrder("open", "1:1 acme", "open", "2:1 plant", "0:1 others");
    assertThat(fixture.unconfirmed()).isEqualTo(3);

    fixture.returnMessage(2, 1);
    fixture.confirm(2, 1);
    fixture.confirm(0, 1);
    assertThat(fixture.outcomes()).containsExactly("plant RETURNED", "others CONFIRMED");
    assertThat(fixture.state.isDone()).isFalse();

    fixture.nack(1, 1);
    assertThat(fixture.unconfirmed()).isZero();
  }

  @Test
  void aTenantKeepsItsChannelWhileMessagesAreUnconfirmed() {
    for (int i = 0; i < 3; i++) {
      fixture.publishTo("acme.inbox" + i + "-abcdef", "a" + i);
    }

    assertThat(fixture.work()).containsExactly("open", "1:1 a0", "1:2 a1", "1:3 a2");
  }

  /** A second channel could exceed the user's limit, which costs the connection. */
  @Test
  void oneChannelIsRequestedOnceWhileItIsOpened() {
    fixture.publishTo("acme.one-abcdef", "acme");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.nextUnblockedWrite(); // as a confirm on another thread causes

    fixture.opened();

    assertThat(fixture.work()).containsExactly("1:1 acme");
  }

  /** RabbitMQ's reply to each close takes time, and a thousand channels may be idle. */
  @Test
  void aChannelIsOpenedBeforeIdleOnesAreClosed() {
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.publishTo("plant.one-abcdef", "plant");
    fixture.work();
    fixture.confirm(1, 1);
    fixture.confirm(2, 1);
    fixture.pass(PublishingChannels.MAX_IDLE);
    fixture.check();

    fixture.publishTo("mill.one-abcdef", "mill");
    fixture.nextUnblockedWrite(); // finds that the tenant has no channel

    assertThat(fixture.work())
        .startsWith("open")
        .containsSubsequence("close 1", "close 2")
        .contains("3:1 mill");
  }

  /** A flood of invented tenant names must not open a channel for each. */
  @Test
  void anIdleChannelServesTheNextTenant() {
    for (int i = 1; i <= 20; i++) {
      fixture.publishTo("tenant" + i + ".one-abcdef", "t" + i);
      assertThat(fixture.work()).contains("1:" + i + " t" + i);
      fixture.confirm(1, i);
    }

    assertThat(fixture.outcomes()).hasSize(20);
    assertThat(fixture.tenantChannels()).isOne();
  }

  // The end of a channel.

  /** The channel may still be delayed after the late confirm. */
  @Test
  void aSlowChannelIsClosedAndNotReused() {
    fixture.publishTo("acme.one-abcdef", "slow");
    fixture.work();
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    assertThat(fixture.unconfirmed()).isZero();

    fixture.confirm(1, 1);
    fixture.publishTo("plant.one-abcdef", "plant");

    assertThat(fixture.work()).contains("close 1", "open", "2:1 plant");
  }

  @Test
  void anIdleChannelIsClosedAfterAWhile() {
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.publishTo("plant.one-abcdef", "plant");
    assertThat(fixture.work()).contains("1:1 acme", "2:1 plant");
    fixture.confirm(2, 1);

    fixture.pass(PublishingChannels.MAX_IDLE);
    fixture.check();

    assertThat(fixture.work()).contains("close 2").doesNotContain("close 1");
  }

  @Test
  void noChannelIsOpenedOrClosedDuringAnAlarm() {
    fixture.publishTo("acme.one-abcdef", "a");
    fixture.work();
    fixture.confirm(1, 1);
    fixture.pass(PublishingChannels.MAX_IDLE);
    fixture.block();
    fixture.check();
    assertThat(fixture.work()).doesNotContain("close 1");

    fixture.unblock();
    assertThat(fixture.work()).contains("close 1");
  }

  @Test
  void aChannelThatRabbitMqClosesMeanwhileIsRemovedAndNotClosed() {
    fixture.publishTo("acme.one-abcdef", "a");
    fixture.work();
    fixture.confirm(1, 1);
    fixture.pass(PublishingChannels.MAX_IDLE);
    fixture.block();
    fixture.check();

    fixture.shutDown(1);
    fixture.unblock();

    assertThat(fixture.work()).contains("remove 1").doesNotContain("close 1");
  }

  @Test
  void aLateConfirmOfALostTenantChannelIsIgnored() {
    fixture.publishTo("acme.one-abcdef", "a");
    fixture.work();
    PublishingChannel last = fixture.channel(1);
    fixture.lose();
    fixture.connect();
    assertThat(fixture.work()).containsExactly("open", "1:1 a");

    fixture.confirm(last, 1);
    assertThat(fixture.unconfirmed()).isOne();

    fixture.confirm(1, 1);
    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED");
  }

  @Test
  void aClosedTenantChannelAffectsNoOtherTenant() {
    fixture.publishTo("acme.once-abcdef", "once", Tries.ONCE);
    fixture.publishTo("acme.again-abcdef", "again");
    fixture.publishTo("plant.one-abcdef", "plant");
    assertThat(fixture.work()).contains("1:1 once", "1:2 again", "2:1 plant");

    fixture.shutDown(1);
    assertThat(fixture.work()).containsExactly("remove 1");
    assertThat(fixture.outcomes()).containsExactly("once UNKNOWN");
    assertThat(fixture.notes()).containsExactly("channel closed: closed");
    assertThat(fixture.unconfirmed()).isOne();
    fixture.publish("others", Tries.ONCE);
    assertThat(fixture.work()).containsExactly("0:1 others");

    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    assertThat(fixture.work()).contains("open", "3:1 again");
  }

  @Test
  void aClosedChannelFreesThePlacesOfItsMessages() {
    fixture.fillInboxesOf("acme");
    fixture.shutDown(1);
    fixture.work();

    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    fixture.work();

    assertThat(fixture.unconfirmed()).isEqualTo(BatchQueue.MAX_UNCONFIRMED_PER_TENANT);
    assertThat(fixture.state.waiting()).isZero();
  }

  @Test
  void aChannelClosedForAForbiddenKeyRefusesOnlyThatKey() {
    fixture.publishTo("acme.one-abcdef", "forbidden");
    fixture.publishTo("acme.two-abcdef", "allowed");
    fixture.work();
    fixture.publishTo("acme.one-abcdef", "waiting");

    fixture.shutDown(
        1, new Refusal.Forbidden("client_request_ack", Optional.of("acme.one-abcdef")));
    fixture.work();

    assertThat(fixture.outcomes()).containsExactly("waiting REFUSED", "forbidden REFUSED");
    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    assertThat(fixture.work()).contains("2:1 allowed");
  }

  /** Channels that RabbitMQ closes again and again must not take up all the time. */
  @Test
  void aTenantWaitsForANewChannelAfterItsLastOneWasClosed() {
    fixture.publishTo("acme.one-abcdef", "a1");
    fixture.work();
    fixture.shutDown(1);
    assertThat(fixture.work()).containsExactly("remove 1");

    fixture.publishTo("plant.one-abcdef", "p1");
    fixture.publishTo("acme.two-abcdef", "a2");
    assertThat(fixture.work()).containsExactly("open", "2:1 p1");
    fixture.confirm(2, 1);
    fixture.check();
    fixture.publishTo("plant.two-abcdef", "p2");
    assertThat(fixture.work()).containsExactly("2:2 p2");
    assertThat(fixture.state.waiting()).isEqualTo(2);

    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    assertThat(fixture.work()).contains("3:1 a1", "3:2 a2");
  }

  /** The broker then dispatches to other agents. */
  @Test
  void aPublicationOverdueForAClosedChannelIsInboxBusy() {
    fixture.publishTo("acme.one-abcdef", "a");
    fixture.work();
    fixture.shutDown(1);
    fixture.work();

    fixture.pass(PublisherFixture.GIVE_UP);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("a INBOX_BUSY");
  }

  /** RabbitMQ may close a channel just after it has opened it. */
  @Test
  void aChannelThatIsClosedBeforeItsFirstMessageIsRemoved() {
    fixture.publishTo("acme.one-abcdef", "a");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.opened();
    fixture.shutDown(1);

    assertThat(fixture.work()).containsExactly("remove 1", "open", "2:1 a");
  }

  @Test
  void aFailedAttemptToOpenAChannelIsRepeated() {
    fixture.publishTo("acme.one-abcdef", "a");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.notOpened(NotOpened.FAILED);

    assertThat(fixture.work()).containsExactly("open", "1:1 a");
  }
}
