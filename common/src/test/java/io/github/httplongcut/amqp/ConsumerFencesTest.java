package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.ConsumerFixture.NOTHING;
import static io.github.httplongcut.amqp.ConsumerFixture.at;
import static io.github.httplongcut.amqp.ConsumerFixture.work;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.DeliveryTags.Ack;
import io.github.httplongcut.session.Delivery;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fences of the consuming channel: settling (docs/protocol.md section 4, rule 1) and silence. */
class ConsumerFencesTest {

  /** Time since a message was last read, if it matters for no test. */
  private static final long IDLE = millis(600_000);

  private final ConsumerFixture fixture = new ConsumerFixture();
  private final ConsumerState state = fixture.state;

  // Settling.

  @Test
  void aDeliveryIsSettledWhenTheFenceAfterItsAckIsAnswered() {
    Delivery delivery = fixture.delivery(1, 1);
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
    Delivery early = fixture.delivery(1, 1);
    Delivery late = fixture.delivery(1, 2);
    state.settle(1, early, at(0));
    Work work = state.takeWork();
    state.settle(1, late, at(0)); // while the link's thread writes
    SentFence fence = state.takeFence(at(0)).orElseThrow();

    assertThat(work).isEqualTo(work(List.of(), List.of(new Ack(1, false))));
    assertThat(fence.deliveries()).containsExactly(early);
  }

  @Test
  void oneFenceIsOutstandingAtATime() {
    Delivery early = fixture.delivery(1, 1);
    Delivery late = fixture.delivery(1, 2);
    state.settle(1, early, at(0));
    SentFence first = fixture.writeAndFence(at(0)).orElseThrow();
    state.settle(1, late, at(1));

    // The ack is written with the next fence, or when its delay is over.
    assertThat(state.nanosToWork(at(1))).isEqualTo(PendingAcks.ACK_DELAY.toNanos());

    assertThat(state.onFenceAnswered(first)).isTrue();
    assertThat(state.nanosToWork(at(2))).isZero();
    assertThat(fixture.writeAndFence(at(2)).orElseThrow().deliveries()).containsExactly(late);
  }

  @Test
  void aFenceAnsweredBeforeTheLossIsToldSettles() {
    Delivery delivery = fixture.delivery(1, 1);
    state.settle(1, delivery, at(0));
    SentFence fence = fixture.writeAndFence(at(0)).orElseThrow();
    Loss loss = state.onLost();
    state.onFenceAnswered(fence);

    assertThat(loss.mustBeTold()).isTrue();
    assertThat(state.settledBy(fence)).containsExactly(delivery);
  }

  @Test
  void aFenceAnsweredAfterTheLossIsToldSettlesNothing() {
    Delivery delivery = fixture.delivery(1, 1);
    state.settle(1, delivery, at(0));
    SentFence fence = fixture.writeAndFence(at(0)).orElseThrow();
    fixture.loseAndTell(1);

    assertThat(state.settledBy(fence)).isEmpty();
    fixture.open(2);
    assertThat(state.onFenceAnswered(fence)).isFalse();
    assertThat(state.settledBy(fence)).isEmpty();
  }

  /** Otherwise two fences could be outstanding. */
  @Test
  void aLateAnswerDoesNotEndAFenceOfTheNextChannel() {
    state.settle(1, fixture.delivery(1, 1), at(0));
    SentFence late = fixture.writeAndFence(at(0)).orElseThrow();
    fixture.loseAndTell(1);
    fixture.open(2);
    state.settle(2, fixture.delivery(2, 1), at(0));
    assertThat(fixture.writeAndFence(at(0))).isPresent();
    state.settle(2, fixture.delivery(2, 2), at(0));

    assertThat(state.onFenceAnswered(late)).isFalse();
    assertThat(fixture.writeAndFence(at(0))).isEmpty();
  }

  // The watchdog.

  @Test
  void aFenceIsRequestedAfterAQuietSecond() {
    assertThat(state.requestFenceIfQuiet(at(999))).isFalse();
    assertThat(state.nanosToWork(at(999))).isEqualTo(NOTHING);
    assertThat(state.requestFenceIfQuiet(at(1_000))).isTrue();
    assertThat(state.nanosToWork(at(1_000))).isZero();

    SentFence fence = fixture.writeAndFence(at(1_100)).orElseThrow();
    assertThat(fence.deliveries()).isEmpty();
    assertThat(state.requestFenceIfQuiet(at(2_200))).isFalse(); // one is outstanding
    state.onFenceAnswered(fence);
    assertThat(state.requestFenceIfQuiet(at(2_099))).isFalse();
    assertThat(state.requestFenceIfQuiet(at(2_100))).isTrue();
  }

  @Test
  void noFenceIsRequestedWithoutAChannel() {
    fixture.loseAndTell(1);

    assertThat(state.requestFenceIfQuiet(at(5_000))).isFalse();
    assertThat(state.isSilent(at(5_000), IDLE)).isFalse();
  }

  @Test
  void anUnansweredFenceIsSilence() {
    assertThat(state.isSilent(at(60_000), IDLE)).isFalse();
    SentFence fence = fixture.probe(1_000);

    assertThat(state.isSilent(at(2_999), IDLE)).isFalse();
    assertThat(state.isSilent(at(3_000), IDLE)).isTrue();
    state.onFenceAnswered(fence);
    assertThat(state.isSilent(at(3_000), IDLE)).isFalse();
  }

  /** RabbitMQ's reply follows the messages sent before it, which take time on a slow line. */
  @Test
  void readingMessagesIsNoSilence() {
    fixture.probe(1_000);

    assertThat(state.isSilent(at(4_500), millis(1_999))).isFalse();
    assertThat(state.isSilent(at(4_500), millis(2_000))).isTrue();
    assertThat(state.isSilent(at(2_999), millis(60_000))).isFalse();
  }

  @Test
  void aSuspensionOfThisProcessIsNoSilence() {
    fixture.probe(1_000);
    state.onSuspended(at(9_000));

    assertThat(state.isSilent(at(10_999), IDLE)).isFalse();
    assertThat(state.isSilent(at(11_000), IDLE)).isTrue();
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
