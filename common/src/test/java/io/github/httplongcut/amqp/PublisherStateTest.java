package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PublisherStateTest {

  private static final ProcessId ID = ProcessId.parse("broker.test-abcdef");
  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);
  private static final long NOW = Long.MAX_VALUE - 10; // the clock may overflow
  private static final long LATER = NOW + Duration.ofSeconds(6).toNanos();
  private static final long MUCH_LATER = NOW + Duration.ofSeconds(60).toNanos();

  private final PublisherState state = new PublisherState(config(), NOW - 1);
  private final List<Completion> completions = new ArrayList<>();
  private PublishingChannel tenants;

  @BeforeEach
  void open() throws IOException {
    state.onOpened(channel(), 0, NOW, completions);
    tenants = channel();
    state.channels().add(Optional.of(tenants), NOW);
  }

  /** The tenant's inbox does not confirm; RabbitMQ answers. */
  @Test
  void anUnconfirmedButReadMessageToATenantIsNoSilence() {
    write("acme.one-abcdef");
    answerFence();

    assertThat(state.isSilent(LATER)).isFalse();
    state.checkTimeouts(LATER, completions);
    assertThat(completions).extracting(Completion::outcome).containsExactly(Outcome.UNKNOWN);
    assertThat(state.isSilent(MUCH_LATER)).isFalse();
  }

  @Test
  void anUnreadMessageIsSilenceOnAnyChannel() {
    write("acme.one-abcdef");

    assertThat(state.isSilent(NOW)).isFalse();
    assertThat(state.isSilent(LATER)).isTrue();
  }

  /** Meanwhile the link's thread waits for the reply, and sends no fence. */
  @Test
  void aChannelThatIsNotOpenedInTimeIsSilence() {
    assertThat(state.channels().isAvailableOrRequested("acme")).isTrue();
    state.channels().take("acme");
    assertThat(state.channels().isAvailableOrRequested("plant")).isFalse();
    assertThat(state.channels().takeOpenRequest(NOW)).isTrue();

    assertThat(state.isSilent(NOW)).isFalse();
    assertThat(state.isSilent(LATER)).isTrue();
    state.channels().onOpened();
    assertThat(state.isSilent(LATER)).isFalse();
  }

  @Test
  void allChannelsShareOneWindow() {
    assertThat(state.room()).isEqualTo(Long.MAX_VALUE);
    write("acme.one-abcdef");
    long room = state.room();
    assertThat(room).isLessThan(config().unconfirmedWindow());

    write("");
    assertThat(state.room()).isLessThan(room);

    answerFence();
    assertThat(state.room()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void noChannelIsOpenedOrClosedDuringAnAlarm() {
    PublishingChannel main = state.channels().all().get(1);
    state.channels().checkTimeouts(NOW + PublishingChannels.MAX_IDLE.toNanos());
    assertThat(state.hasChannelWork()).isTrue();

    state.onBlocked(main, completions);
    assertThat(state.hasChannelWork()).isFalse();

    state.onUnblocked(main, NOW);
    assertThat(state.hasChannelWork()).isTrue();
  }

  @Test
  void givenUpMessagesAreForgottenWithTheirChannel() {
    write("acme.one-abcdef");
    answerFence();
    state.checkTimeouts(LATER, completions);

    state.channels().onShutdown(tenants);
    state.channels().takeClosed(LATER);
    state.onTenantChannelLost(tenants, Optional.empty(), LATER, completions);

    assertThat(state.queue().hasUnconfirmed("acme")).isFalse();
    assertThat(completions).hasSize(1);
  }

  /** Writes a message; the key {@code ""} is for a message to no tenant. */
  private void write(String key) {
    state.publish(Publication.of(event(key), key, MUCH_LATER), NOW, completions);
    assertThat(state.nextWrite(Long.MAX_VALUE, NOW)).isNotNull();
  }

  private static Event event(String key) {
    return key.isEmpty()
        ? new Event.BrokerHello(ID, "1")
        : new Event.ClientRequestAck(UUID.randomUUID(), UUID.randomUUID(), ID);
  }

  /** Notes that RabbitMQ has read all messages so far. */
  private void answerFence() {
    for (PublishingChannel each : state.channels().active()) {
      each.unconfirmed().onRead(1);
    }
  }

  private static PublishingChannel channel() throws IOException {
    return PublishingChannel.open(new FakeAmqpChannel().channel(), new IgnoringListener());
  }

  private static final class IgnoringListener implements PublishingChannel.Listener {
    @Override
    public void onReturned(PublishingChannel from, String messageId) {}

    @Override
    public void onConfirmed(PublishingChannel from, long number, boolean multiple) {}

    @Override
    public void onNacked(PublishingChannel from, long number, boolean multiple) {}

    @Override
    public void onShutdown(PublishingChannel channel) {}
  }

  private static AmqpConfig config() {
    return new AmqpConfig(
        List.of(new AmqpConfig.Address("127.0.0.1", 1)),
        "broker",
        new Secret("broker"),
        "longcut",
        Optional.empty(),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        CONFIRM_TIMEOUT,
        Duration.ofSeconds(2),
        1024 * 1024);
  }
}
