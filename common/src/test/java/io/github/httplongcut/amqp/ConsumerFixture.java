package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.DeliveryTags.Ack;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A {@link ConsumerState} at made-up times, which consumes in epoch 1. */
final class ConsumerFixture {

  /** Result of {@link ConsumerState#nanosToWork} without work. */
  static final long NOTHING = Long.MAX_VALUE;

  static final String INBOX = "inbox";

  static final List<ConsumedQueue> OWN =
      List.of(new ConsumedQueue(INBOX, 50, List.of(new Binding("exchange", "key", Map.of()))));

  /** Start of the made-up time, which overflows after 10 ms. */
  private static final long START = Long.MAX_VALUE - Duration.ofMillis(10).toNanos();

  final ConsumerState state = new ConsumerState(Duration.ofSeconds(2), START);

  ConsumerFixture() {
    open(1);
  }

  /** Opens a channel that consumes, and tells the listener so. */
  void open(int epoch) {
    assertThat(state.open(epoch, OWN, at(0))).hasSize(1);
    state.onConsumed();
    state.onConsumingTold(epoch);
  }

  /** Loses the channel, and tells the listener so. */
  void loseAndTell(int epoch) {
    assertThat(state.onLost().mustBeTold()).isTrue();
    state.onLossTold(epoch);
  }

  /** Sends a fence on a quiet channel. */
  SentFence probe(long atMillis) {
    assertThat(state.requestFenceIfQuiet(at(atMillis))).isTrue();
    return writeAndFence(at(atMillis)).orElseThrow();
  }

  /** Plays one turn of the link's thread. */
  Optional<SentFence> writeAndFence(long now) {
    Work work = state.takeWork();
    assertThat(work.changes()).isEmpty();
    Optional<SentFence> fence = state.takeFence(now);
    state.onWorkDone();
    return fence;
  }

  Delivery delivery(int epoch, long tag) {
    return delivery(new SourceOfEpoch(state, epoch), tag);
  }

  static Delivery delivery(Delivery.Source source, long tag) {
    return new Delivery(
        source,
        tag,
        new Delivery.Envelope(Delivery.Origin.SENT, "key", "user", false),
        EventType.BROKER_HELLO,
        List.of(new Event.BrokerHello(ProcessId.parse("broker.test-abcdef"), "1")));
  }

  /** A channel of which only {@code isOpen} is used. */
  private record SourceOfEpoch(ConsumerState state, int epoch) implements Delivery.Source {
    @Override
    public void ack(Delivery delivery) {}

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {}

    @Override
    public void reject(Delivery delivery) {}

    @Override
    public void settle(Delivery delivery) {}

    @Override
    public boolean isOpen() {
      return state.isOpen(epoch);
    }
  }

  /** Returns work that consists of writes only. */
  static Work work(List<Long> rejections, List<Ack> acks) {
    return new Work(List.of(), List.of(), new PendingAcks.Writes(rejections, acks));
  }

  static long at(long millis) {
    return START + millis(millis);
  }

  static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
