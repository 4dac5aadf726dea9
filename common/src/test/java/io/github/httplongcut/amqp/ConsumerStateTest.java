package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.ConsumerFixture.INBOX;
import static io.github.httplongcut.amqp.ConsumerFixture.NOTHING;
import static io.github.httplongcut.amqp.ConsumerFixture.OWN;
import static io.github.httplongcut.amqp.ConsumerFixture.at;
import static io.github.httplongcut.amqp.ConsumerFixture.millis;
import static io.github.httplongcut.amqp.ConsumerFixture.work;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.Consumers.ActiveConsumer;
import io.github.httplongcut.amqp.Consumers.Change;
import io.github.httplongcut.amqp.DeliveryTags.Ack;
import io.github.httplongcut.session.Delivery;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Decisions about the consuming channel, its consumers and its acks. */
class ConsumerStateTest {

  private static final String REQUESTS = "requests";

  private final ConsumerFixture fixture = new ConsumerFixture();
  private final ConsumerState state = fixture.state;

  // Epochs.

  @Test
  void aChannelFirstConsumesTheOwnQueuesOnly() {
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
    Delivery delivery = fixture.delivery(1, 3);
    fixture.loseAndTell(1);
    fixture.open(2);

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
    fixture.loseAndTell(1);
    fixture.open(2);

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
    assertThat(state.onArrival(1)).isFalse();
    assertThat(state.ack(1, 2, at(0))).isFalse();
  }

  @Test
  void aReopenedChannelStaysSoWhenItsQueuesAreConsumed() {
    fixture.loseAndTell(1);
    var unused = state.open(2, OWN, at(0));
    state.reopen();
    state.onConsumed();

    assertThat(state.isConsuming()).isFalse();
    assertThat(state.isOpen(2)).isFalse();
    assertThat(state.onLost().mustBeTold()).isTrue();
  }

  @Test
  void aReopenWithoutAChannelHasNoEffect() {
    fixture.loseAndTell(1);
    state.reopen();
    fixture.open(2);

    assertThat(state.isOpen(2)).isTrue();
  }

  @Test
  void theLossOfAChannelThatHasNotConsumedIsToldOnlyAfterAnArrival() {
    fixture.loseAndTell(1);
    var first = state.open(2, OWN, at(0));
    assertThat(state.onLost().mustBeTold()).isFalse();

    var second = state.open(3, OWN, at(0));
    assertThat(state.onArrival(2)).isFalse();
    assertThat(state.onArrival(3)).isTrue();
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
    fixture.loseAndTell(1);
    assertThat(state.open(2, OWN, at(0))).isEmpty();
  }

  @Test
  void stoppingWhileNothingIsConsumedTakesEffectAtOnce() {
    fixture.loseAndTell(1);
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
    assertThat(state.takeWork())
        .isEqualTo(new Work(List.of(), List.of(then), work(List.of(), List.of()).writes()));
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

    fixture.loseAndTell(1);

    assertThat(state.isFlushed(at(0))).isTrue();
  }

  private static Change start(String queue, String tag, int prefetch) {
    return new Change(queue, Optional.of(new ActiveConsumer(tag, prefetch)), List.of());
  }

  private static Change cancel(String queue) {
    return new Change(queue, Optional.empty(), List.of(queue));
  }
}
