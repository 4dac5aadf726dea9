package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Outcomes.Done;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
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
  private final List<Done> done = new ArrayList<>();
  private PublishingChannel tenants;

  @BeforeEach
  void open() throws IOException {
    state.onOpened(channel(), 0, NOW, done);
    tenants = channel();
    state.channels().add(Optional.of(tenants), NOW);
  }

  /** The inbox is silent, and not RabbitMQ. */
  @Test
  void aTenantsChannelWhoseMessagesWereReadIsNoSilence() {
    write("acme.one-abcdef");
    answerFence();

    assertThat(state.isSilent(LATER)).isFalse();
    state.onTime(LATER, done);
    assertThat(done).extracting(Done::outcome).containsExactly(Outcome.UNKNOWN);
    assertThat(state.isSilent(MUCH_LATER)).isFalse();
  }

  @Test
  void whatRabbitMqDoesNotReadIsSilenceWhicheverItsChannel() {
    write("acme.one-abcdef");

    assertThat(state.isSilent(NOW)).isFalse();
    assertThat(state.isSilent(LATER)).isTrue();
  }

  /** The link's thread waits for it, and sends no fence. */
  @Test
  void aChannelThatRabbitMqDoesNotOpenIsSilence() {
    assertThat(state.channels().isThereOneOrWanted("acme")).isTrue();
    state.channels().take("acme");
    assertThat(state.channels().isThereOneOrWanted("plant")).isFalse();
    assertThat(state.channels().takeWanted(NOW)).isTrue();

    assertThat(state.isSilent(NOW)).isFalse();
    assertThat(state.isSilent(LATER)).isTrue();
    state.channels().onOpened();
    assertThat(state.isSilent(LATER)).isFalse();
  }

  @Test
  void theWindowIsOneForAllChannels() {
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
  void anAlarmHasNoChannelOpenedOrClosed() {
    PublishingChannel main = state.channels().all().get(1);
    state.channels().onTime(NOW + PublishingChannels.IDLE.toNanos());
    assertThat(state.needCare()).isTrue();

    state.onBlocked(main, done);
    assertThat(state.needCare()).isFalse();

    state.onUnblocked(main, NOW);
    assertThat(state.needCare()).isTrue();
  }

  @Test
  void whatWasGivenUpIsForgottenWithItsChannel() {
    write("acme.one-abcdef");
    answerFence();
    state.onTime(LATER, done);

    state.channels().onShut(tenants);
    state.channels().takeDead(LATER);
    state.onLostAlone(tenants, Optional.empty(), LATER, done);

    assertThat(state.outbox().isUnderWay("acme")).isFalse();
    assertThat(done).hasSize(1);
  }

  /** Published to {@code ""} it goes to no tenant. */
  private void write(String key) {
    state.publish(Publication.of(event(key), key, MUCH_LATER), NOW, done);
    assertThat(state.nextWrite(Long.MAX_VALUE, NOW)).isNotNull();
  }

  private static Event event(String key) {
    return key.isEmpty()
        ? new Event.BrokerHello(ID, "1")
        : new Event.ClientRequestAck(UUID.randomUUID(), UUID.randomUUID(), ID);
  }

  /** All that was written so far is read. */
  private void answerFence() {
    for (PublishingChannel each : state.channels().used()) {
      each.unconfirmed().onRead(1);
    }
  }

  private static PublishingChannel channel() throws IOException {
    return PublishingChannel.open(new FakeChannel().channel(), new Deaf());
  }

  private static final class Deaf implements PublishingChannel.Listener {
    @Override
    public void onReturned(PublishingChannel from, String messageId) {}

    @Override
    public void onConfirmed(PublishingChannel from, long number, boolean multiple) {}

    @Override
    public void onNacked(PublishingChannel from, long number, boolean multiple) {}

    @Override
    public void onShut(PublishingChannel channel) {}
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
