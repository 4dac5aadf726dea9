package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PublisherStateTest {

  private static final Duration TOO_LONG = PublisherFixture.CONFIRM_TIMEOUT.plusSeconds(1);

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  /** The tenant's inbox does not confirm; RabbitMQ answers. */
  @Test
  void anUnconfirmedButReadMessageToATenantIsNoSilence() {
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
    assertThat(fixture.work()).containsExactly("open", "1:1 a");
    sendAndAnswerFence();

    fixture.pass(TOO_LONG);
    assertThat(fixture.isSilent()).isFalse();
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN");
    assertThat(fixture.notes()).containsExactly("confirms nothing: acme.one-abcdef");
    fixture.work();
    fixture.answerFence();
    fixture.pass(Duration.ofMinutes(1));
    assertThat(fixture.isSilent()).isFalse();
  }

  @Test
  void anUnreadMessageIsSilenceOnAnyChannel() {
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
    fixture.work();

    assertThat(fixture.isSilent()).isFalse();
    fixture.pass(TOO_LONG);
    assertThat(fixture.isSilent()).isTrue();
  }

  /** Meanwhile the link's thread waits for the reply, and sends no fence. */
  @Test
  void aChannelThatIsNotOpenedInTimeIsSilence() {
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
    PublishingConnection connection = fixture.state.connection();
    assertThat(connection.nextLinkWork(true, fixture.now())).isEqualTo(LinkWork.OPEN);

    assertThat(fixture.isSilent()).isFalse();
    fixture.pass(TOO_LONG);
    assertThat(fixture.isSilent()).isTrue();
    connection.onChannelOpened(fixture.open(), fixture.now());
    assertThat(fixture.isSilent()).isFalse();
  }

  @Test
  void allChannelsShareOneWindow() {
    String nearlyTheWindow = "v".repeat(1024 * 1024 - 700);
    fixture.publish(nearlyTheWindow, "", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.work()).hasSize(1);
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
    assertThat(fixture.work()).containsExactly("open");

    sendAndAnswerFence();

    assertThat(fixture.work()).containsExactly("1:1 a");
  }

  @Test
  void noChannelIsOpenedOrClosedDuringAnAlarm() {
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
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
  void givenUpMessagesAreForgottenWithTheirChannel() {
    fixture.publish("a", "acme.one-abcdef", Tries.UNLESS_NACKED);
    fixture.work();
    sendAndAnswerFence();
    fixture.pass(TOO_LONG);
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN");

    fixture.shutDown(1);
    assertThat(fixture.work()).contains("remove 1");

    assertThat(fixture.outcomes()).isEmpty();
    assertThat(fixture.state.isDone()).isTrue();
    fixture.pass(PublishingChannels.REOPEN_DELAY);
    fixture.check();
    for (int i = 0; i < BatchQueue.MAX_UNCONFIRMED_PER_TENANT; i++) {
      fixture.publish("b" + i, "acme.inbox" + i + "-abcdef", Tries.UNLESS_NACKED);
    }
    assertThat(fixture.work()).hasSize(1 + BatchQueue.MAX_UNCONFIRMED_PER_TENANT);
  }

  private void sendAndAnswerFence() {
    fixture.pass(Duration.ofSeconds(2));
    fixture.check();
    assertThat(fixture.work()).containsExactly("fence");
    fixture.answerFence();
  }
}
