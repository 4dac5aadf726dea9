package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.Consumers.ActiveConsumer;
import io.github.httplongcut.amqp.Consumers.Change;
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
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Decisions about the consuming channel, at made-up times. */
class ConsumerStateTest {

  private static final long NOTHING = Long.MAX_VALUE;
  private static final String INBOX = "inbox";
  private static final String REQUESTS = "requests";
  private static final List<ConsumedQueue> OWN =
      List.of(new ConsumedQueue(INBOX, 50, List.of(new Binding("exchange", "key", Map.of()))));

  /** Start of the made-up time, which overflows after 10 ms. */
  private static final long START = Long.MAX_VALUE - Duration.ofMillis(10).toNanos();

  private final ConsumerState state = new ConsumerState(Duration.ofSeconds(2), START);

  @BeforeEach
  void open() {
    open(1);
  }

  // Epochs.

  @Test
  void aChannelConsumesTheProcesssOwnQueuesOnly() {
    assertThat(state.isConsuming()).isTrue();
    assertThat(state.onLost().mustBeTold()).isTrue();
    assertThat(state.isConsuming()).isFalse();

    assertThat(state.open(2, OWN, at(0))).containsExactly(start(INBOX, INBOX, 50));
    assertThat(state.isConsuming()).isFalse();
    state.onConsumed();
    assertThat(state.nanosToWork(at(0))).isEqualTo(NOTHING);
  }

  @Test
  void acksRejectionsAndSettlingsOfALostChannelAreIgnored() {
    Delivery delivery = delivery(1, 3);
    loseAndTell(1);
    open(2);

    assertThat(state.ack(1, 1, at(1))).isFalse();
    state.reject(1, 2);
    state.settle(1, delivery, at(1));

    assertThat(state.nanosToWork(at(1_000))).isEqualTo(NOTHING);
    assertThat(state.takeWork()).isEqualTo(work(List.of(), List.of()));
    assertThat(delivery.isLost()).isTrue();
  }

  @Test
  void acksThatWaitAreLostWithTheirChannel() {
    assertThat(state.ack(1, 1, at(0))).isTrue();
    state.reject(1, 2);
    loseAndTell(1);
    open(2);

    assertThat(state.takeWork()).isEqualTo(work(List.of(), List.of()));
  }

  @Test
  void nothingIsWrittenOnceTheChannelMustBeReopened() {
    state.reject(1, 1);
    assertThat(state.nanosToWork(at(0))).isZero();

    state.reopen();

    assertThat(state.isOpen(1)).isFalse();
    assertThat(state.isConsuming()).isFalse();
    assertThat(state.nanosToWork(at(0))).isEqualTo(NOTHING);
    assertThat(state.onArrival(1, at(0))).isFalse();
    assertThat(state.ack(1, 2, at(0))).isFalse();
  }

  @Test
  void aReopenedChannelStaysSoWhenItsQueuesAreConsumed() {
    loseAndTell(1);
    var unused = state.open(2, OWN, at(0));
    state.reopen();
    state.onConsumed();

    assertThat(state.isConsuming()).isFalse();
    assertThat(state.isOpen(2)).isFalse();
    assertThat(state.onLost().mustBeTold()).isTrue();
  }

  @Test
  void aReopenWithoutAChannelHasNoEffect() {
    loseAndTell(1);
    state.reopen();
    open(2);

    assertThat(state.isOpen(2)).isTrue();
  }

  @Test
  void theLossOfAChannelThatHasNotConsumedIsToldOnlyAfterAnArrival() {
    loseAndTell(1);
    var first = state.open(2, OWN, at(0));
    assertThat(state.onLost().mustBeTold()).isFalse();

    var second = state.open(3, OWN, at(0));
    assertThat(state.onArrival(2, at(0))).isFalse();
    assertThat(state.onArrival(3, at(0))).isTrue();
    assertThat(state.onLost().mustBeTold()).isTrue();
    assertThat(first).isEqualTo(second);
  }

  // Acks and rejections.

  @Test
  void anAckWaitsForItsNeighbours() {
    assertThat(state.ack(1, 1, at(0))).isTrue();
    assertThat(state.ack(1, 2, at(15))).isFalse();

    assertThat(state.nanosToWork(at(15))).isEqualTo(millis(5));
    assertThat(state.nanosToWork(at(25))).isZero();
    assertThat(state.takeWork()).isEqualTo(work(List.of(), List.of(new Ack(2, true))));
    assertThat(state.nanosToWork(at(25))).isEqualTo(NOTHING);
  }

  @Test
  void enoughAcksAreWrittenTogether() {
    for (long tag = 1; tag < PendingAcks.ACKS_PER_WRITE; tag++) {
      assertThat(state.ack(1, tag, at(0))).isEqualTo(tag == 1);
    }
    assertThat(state.nanosToWork(at(0))).isEqualTo(millis(20));

    assertThat(state.ack(1, PendingAcks.ACKS_PER_WRITE, at(0))).isTrue();
    assertThat(state.nanosToWork(at(0))).isZero();
  }

  @Test
  void aRejectionIsWrittenAtOnceWithTheAcksThatWait() {
    state.ack(1, 2, at(0));
    state.ack(1, 3, at(0));
    state.reject(1, 1);

    assertThat(state.nanosToWork(at(0))).isZero();
    assertThat(state.takeWork()).isEqualTo(work(List.of(1L), List.of(new Ack(3, true))));
  }

  // Settling.

  @Test
  void aDeliveryIsSettledWhenTheFenceAfterItsAckIsAnswered() {
    Delivery delivery = delivery(1, 1);
    state.ack(1, 2, at(0));
    state.settle(1, delivery, at(1));

    assertThat(state.nanosToWork(at(1))).isZero();
    assertThat(state.takeWork()).isEqualTo(work(List.of(), List.of(new Ack(2, true))));
    SentFence fence = state.takeFence(at(2)).orElseThrow();
    assertThat(state.nanosToWork(at(2))).isEqualTo(NOTHING);

    assertThat(state.onFenceAnswered(fence)).isFalse();
    assertThat(state.settledBy(fence)).containsExactly(delivery);
  }

  @Test
  void aFenceDoesNotSettleWhatIsAckedAfterIt() {
    Delivery early = delivery(1, 1);
    Delivery late = delivery(1, 2);
    state.settle(1, early, at(0));
    Work work = state.takeWork();
    state.settle(1, late, at(0)); // while the link's thread writes
    SentFence fence = state.takeFence(at(0)).orElseThrow();

    assertThat(work).isEqualTo(work(List.of(), List.of(new Ack(1, false))));
    assertThat(fence.deliveries()).containsExactly(early);
  }

  @Test
  void oneFenceIsOutstandingAtATime() {
    Delivery early = delivery(1, 1);
    Delivery late = delivery(1, 2);
    state.settle(1, early, at(0));
    SentFence first = writeAndFence(at(0)).orElseThrow();
    state.settle(1, late, at(1));

    // The ack does not wait for the reply; only the next fence does.
    assertThat(state.nanosToWork(at(1))).isZero();
    assertThat(writeAndFence(at(1))).isEmpty();
    assertThat(state.nanosToWork(at(1))).isEqualTo(NOTHING);

    assertThat(state.onFenceAnswered(first)).isTrue();
    assertThat(state.nanosToWork(at(2))).isZero();
    assertThat(writeAndFence(at(2)).orElseThrow().deliveries()).containsExactly(late);
  }

  @Test
  void aFenceAnsweredBeforeTheLossIsToldSettles() {
    Delivery delivery = delivery(1, 1);
    state.settle(1, delivery, at(0));
    SentFence fence = writeAndFence(at(0)).orElseThrow();
    Loss loss = state.onLost();
    state.onFenceAnswered(fence);

    assertThat(loss.mustBeTold()).isTrue();
    assertThat(state.settledBy(fence)).containsExactly(delivery);
  }

  @Test
  void aFenceAnsweredAfterTheLossIsToldSettlesNothing() {
    Delivery delivery = delivery(1, 1);
    state.settle(1, delivery, at(0));
    SentFence fence = writeAndFence(at(0)).orElseThrow();
    loseAndTell(1);

    assertThat(state.settledBy(fence)).isEmpty();
    open(2);
    assertThat(state.onFenceAnswered(fence)).isFalse();
    assertThat(state.settledBy(fence)).isEmpty();
  }

  /** Otherwise two fences could be outstanding. */
  @Test
  void aLateAnswerDoesNotEndAFenceOfTheNextChannel() {
    state.settle(1, delivery(1, 1), at(0));
    SentFence late = writeAndFence(at(0)).orElseThrow();
    loseAndTell(1);
    open(2);
    state.settle(2, delivery(2, 1), at(0));
    assertThat(writeAndFence(at(0))).isPresent();
    state.settle(2, delivery(2, 2), at(0));

    assertThat(state.onFenceAnswered(late)).isFalse();
    assertThat(writeAndFence(at(0))).isEmpty();
  }

  // Consumers.

  @Test
  void aSharedQueueIsConsumedWithTheRequestedPrefetch() {
    state.consume(REQUESTS, 32);

    assertThat(state.nanosToWork(at(0))).isZero();
    assertThat(state.takeWork().changes()).containsExactly(start(REQUESTS, REQUESTS, 32));
    assertThat(state.nanosToWork(at(0))).isEqualTo(NOTHING);
  }

  @Test
  void aNewChannelConsumesNoSharedQueueUntilRequestedAgain() {
    state.consume(REQUESTS, 32);
    assertThat(state.takeWork().changes()).hasSize(1);
    Loss loss = state.onLost();
    var unused = state.open(2, OWN, at(0));
    state.onConsumed();

    state.consume(REQUESTS, 5); // the listener does not know of the loss yet
    state.onLossTold(1);
    state.consume(REQUESTS, 6); // nor of the new channel
    assertThat(loss.mustBeTold()).isTrue();
    assertThat(state.takeWork().changes()).isEmpty();

    state.onConsumingTold(2);
    state.consume(REQUESTS, 7);
    assertThat(state.takeWork().changes()).containsExactly(start(REQUESTS, REQUESTS, 7));
  }

  @Test
  void aStoppedQueueIsNeverConsumedAgain() {
    state.consume(REQUESTS, 32);
    assertThat(state.takeWork().changes()).hasSize(1);
    Runnable then = () -> {};

    assertThat(state.stop(Set.of(REQUESTS, INBOX), then)).isEmpty();
    assertThat(state.nanosToWork(at(0))).isZero();
    Work work = state.takeWork();
    assertThat(work.changes()).containsExactlyInAnyOrder(cancel(REQUESTS), cancel(INBOX));
    assertThat(work.stopped()).containsExactly(then);

    state.consume(REQUESTS, 32);
    assertThat(state.takeWork()).isEqualTo(work(List.of(), List.of()));
    loseAndTell(1);
    assertThat(state.open(2, OWN, at(0))).isEmpty();
  }

  @Test
  void stoppingWhileNothingIsConsumedTakesEffectAtOnce() {
    loseAndTell(1);
    Runnable then = () -> {};

    assertThat(state.stop(Set.of(INBOX), then)).containsExactly(then);
    assertThat(state.open(2, OWN, at(0))).isEmpty();
    assertThat(state.takeWork().stopped()).isEmpty();
  }

  /** A lost channel delivers nothing. */
  @Test
  void theLossOfTheChannelStopsQueues() {
    Runnable then = () -> {};
    assertThat(state.stop(Set.of(INBOX), then)).isEmpty();

    assertThat(state.onLost().stopped()).containsExactly(then);
    assertThat(state.onLost().stopped()).isEmpty();
  }

  @Test
  void stoppingAQueueThatIsNotConsumedIsStillReported() {
    Runnable then = () -> {};
    assertThat(state.stop(Set.of("other"), then)).isEmpty();

    assertThat(state.nanosToWork(at(0))).isZero();
    assertThat(state.takeWork()).isEqualTo(new Work(List.of(), List.of(then), writes()));
  }

  // Flush.

  @Test
  void acksDoNotWaitForTheirNeighboursDuringAFlush() {
    state.ack(1, 1, at(0));
    assertThat(state.nanosToWork(at(0))).isPositive();

    state.beginFlush();

    assertThat(state.nanosToWork(at(0))).isZero();
    assertThat(state.isFlushed(at(0))).isFalse();
  }

  @Test
  void aFlushEndsWhenTheWritesInProgressAreDone() {
    state.beginFlush();
    assertThat(state.isFlushed(at(0))).isTrue();
    state.ack(1, 1, at(0));
    Work work = state.takeWork();

    assertThat(work.writes().acks()).hasSize(1);
    assertThat(state.nanosToWork(at(0))).isEqualTo(NOTHING);
    assertThat(state.isFlushed(at(0))).isFalse();
    state.onWorkDone();
    assertThat(state.isFlushed(at(0))).isTrue();
  }

  @Test
  void aFlushEndsWithItsChannel() {
    state.beginFlush();
    state.ack(1, 1, at(0));
    var unused = state.takeWork();
    state.ack(1, 2, at(0));
    assertThat(state.isFlushed(at(0))).isFalse();

    loseAndTell(1);

    assertThat(state.isFlushed(at(0))).isTrue();
  }

  // The watchdog.

  @Test
  void aFenceIsRequestedAfterAQuietSecond() {
    assertThat(state.requestFenceIfQuiet(at(999))).isFalse();
    assertThat(state.nanosToWork(at(999))).isEqualTo(NOTHING);
    assertThat(state.requestFenceIfQuiet(at(1_000))).isTrue();
    assertThat(state.nanosToWork(at(1_000))).isZero();

    SentFence fence = writeAndFence(at(1_100)).orElseThrow();
    assertThat(fence.deliveries()).isEmpty();
    assertThat(state.requestFenceIfQuiet(at(2_200))).isFalse(); // one is outstanding
    state.onFenceAnswered(fence);
    assertThat(state.requestFenceIfQuiet(at(2_099))).isFalse();
    assertThat(state.requestFenceIfQuiet(at(2_100))).isTrue();
  }

  @Test
  void noFenceIsRequestedWithoutAChannel() {
    loseAndTell(1);

    assertThat(state.requestFenceIfQuiet(at(5_000))).isFalse();
    assertThat(state.isSilent(at(5_000))).isFalse();
  }

  @Test
  void anUnansweredFenceIsSilence() {
    assertThat(state.isSilent(at(60_000))).isFalse();
    SentFence fence = probe(1_000);

    assertThat(state.isSilent(at(2_999))).isFalse();
    assertThat(state.isSilent(at(3_000))).isTrue();
    state.onFenceAnswered(fence);
    assertThat(state.isSilent(at(3_000))).isFalse();
  }

  /** RabbitMQ's reply follows the deliveries sent before it, which take time on a slow line. */
  @Test
  void anArrivalIsNoSilence() {
    probe(1_000);
    state.onArrival(1, at(2_500));

    assertThat(state.isSilent(at(4_499))).isFalse();
    assertThat(state.isSilent(at(4_500))).isTrue();
  }

  @Test
  void aSuspensionOfThisProcessIsNoSilence() {
    probe(1_000);
    state.onSuspended(at(9_000));

    assertThat(state.isSilent(at(10_999))).isFalse();
    assertThat(state.isSilent(at(11_000))).isTrue();
  }

  private void open(int epoch) {
    assertThat(state.open(epoch, OWN, at(0))).hasSize(1);
    state.onConsumed();
    state.onConsumingTold(epoch);
  }

  private void loseAndTell(int epoch) {
    assertThat(state.onLost().mustBeTold()).isTrue();
    state.onLossTold(epoch);
  }

  private SentFence probe(long atMillis) {
    assertThat(state.requestFenceIfQuiet(at(atMillis))).isTrue();
    return writeAndFence(at(atMillis)).orElseThrow();
  }

  /** Plays one turn of the link's thread. */
  private Optional<SentFence> writeAndFence(long now) {
    Work work = state.takeWork();
    assertThat(work.changes()).isEmpty();
    Optional<SentFence> fence = state.takeFence(now);
    state.onWorkDone();
    return fence;
  }

  private Delivery delivery(int epoch, long tag) {
    return new Delivery(
        new SourceOfEpoch(state, epoch),
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

  private static Work work(List<Long> rejections, List<Ack> acks) {
    return new Work(List.of(), List.of(), new PendingAcks.Writes(rejections, acks));
  }

  private static PendingAcks.Writes writes() {
    return new PendingAcks.Writes(List.of(), List.of());
  }

  private static Change start(String queue, String tag, int prefetch) {
    return new Change(queue, Optional.of(new ActiveConsumer(tag, prefetch)), List.of());
  }

  private static Change cancel(String queue) {
    return new Change(queue, Optional.empty(), List.of(queue));
  }

  private static long at(long millis) {
    return START + millis(millis);
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
