package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.protocol.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private final Admission admission =
      new Admission(2, 100, Duration.ofMillis(500), List.of("a", "b"));

  @Test
  void moreRequestsThanTheLimitAreRefused() throws RefusedException {
    Admission.Place first = admission.enter("a", 1);
    assertThat(admission.enter("a", 1)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 1);
    first.leave();
    assertThat(admission.enter("a", 1)).isNotNull();
  }

  @Test
  void moreBytesThanTheLimitAreRefused() throws RefusedException {
    assertThat(admission.enter("a", 60)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 41);
    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(60);
  }

  @Test
  void aPlaceGrowsAsFarAsThereIsRoom() throws RefusedException {
    Admission.Place place = admission.enter("a", 60);

    assertThat(place.grow(40)).isTrue();
    assertThat(place.grow(1)).isFalse();
    assertThat(admission.bytes()).isEqualTo(100);
  }

  @Test
  void anAnswerIsHeldEvenOverTheLimitAndKeepsOthersOut() throws RefusedException {
    Admission.Place place = admission.enter("a", 10);

    place.holdAnswer(500);

    assertThat(admission.bytes()).isEqualTo(500);
    assertRefused(admission, Failure.OVERLOADED, 1);
  }

  @Test
  void leavingTwiceFreesOnce() throws RefusedException {
    Admission.Place place = admission.enter("a", 10);
    assertThat(admission.enter("a", 20)).isNotNull();

    place.leave();
    place.leave();

    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(20);
  }

  @Test
  void whoeverIsAckedOrLeavesWaitsForNoAckAnyMore() throws RefusedException {
    Admission.Place first = admission.enter("a", 1);
    Admission.Place second = admission.enter("a", 1);
    first.handedOver();
    second.handedOver();
    assertThat(admission.unacked()).isEqualTo(2);

    first.acked(1);
    first.acked(1);
    assertThat(admission.unacked()).isEqualTo(1);

    first.leave();
    second.leave();
    assertThat(admission.unacked()).isZero();
  }

  /** A slow caller may take its time to read the answer: no broker is waited for any more. */
  @Test
  void whoeverIsAnsweredWaitsForNoAckAnyMore() throws RefusedException {
    Admission.Place place = admission.enter("a", 1);
    place.handedOver();

    place.answered();

    assertThat(admission.unacked()).isZero();
    place.acked(1); // late
    place.leave();
    assertThat(admission.isIdle()).isTrue();
  }

  /** There was room when its head came. */
  @Test
  void aSlowUploadIsRefusedIfTooManyWaitForAnAckAtItsEnd() throws RefusedException {
    Admission large = new Admission(1_000, 1_000_000, Duration.ofMillis(500), List.of("a"));
    Admission.Place slow = large.enter("a", 1);
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Place place = large.enter("a", 1);
      place.handedOver();
      places.add(place);
    }
    places.get(0).acked(Duration.ofSeconds(1).toNanos());
    large.onTick(0);

    assertThatThrownBy(slow::handedOver)
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(Failure.OVERLOADED));
    assertThat(large.unacked()).isEqualTo(99);
  }

  @Test
  void acksThatTakeTooLongKeepOthersOutUntilOneComesInTime() throws RefusedException {
    Admission large = new Admission(1_000, 1_000_000, Duration.ofMillis(500), List.of("a"));
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Place place = large.enter("a", 1);
      place.handedOver();
      places.add(place);
    }
    places.get(0).acked(Duration.ofSeconds(1).toNanos());
    large.onTick(0);

    assertThat(large.maxUnacked()).isEqualTo(49);
    assertRefused(large, Failure.OVERLOADED, 1);

    places.subList(1, 90).forEach(place -> place.acked(1));
    assertThat(large.enter("a", 1)).isNotNull();
  }

  @Test
  void moreThanABusyTargetTakesAreRefusedAndOthersAreNot() throws RefusedException {
    Admission large = new Admission(1_000, 1_000_000, Duration.ofMillis(500), List.of("a", "b"));
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      places.add(large.enter("a", 1));
      places.get(i).handedOver();
      places.get(i).acked(1);
    }
    places.get(0).foundNoRoom();
    places.get(0).leave();

    assertRefused(large, Failure.UPSTREAM_BUSY, 1);
    assertThat(large.requests()).isEqualTo(99);
    assertThat(large.enter("b", 1)).isNotNull();

    places.get(1).answered();
    places.get(1).leave();
    assertThat(large.enter("a", 1)).isNotNull();
  }

  /**
   * A head alone takes up nothing of a busy target; the refusal comes once the request is whole.
   */
  @Test
  void onlyWhatIsWholeTakesUpRoomOfItsTarget() throws RefusedException {
    Admission large = new Admission(1_000, 1_000_000, Duration.ofMillis(500), List.of("a"));
    List<Admission.Place> heads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      heads.add(large.enter("a", 1));
    }
    Admission.Place whole = large.enter("a", 1);
    whole.handedOver();
    whole.foundNoRoom();
    whole.leave();
    Admission.Place next = large.enter("a", 1);
    next.handedOver();
    assertThat(large.targets().get("a").underWay()).isOne();

    int more = large.targets().get("a").limit() - 1;
    heads.subList(0, more).forEach(AdmissionTest::handOver);
    assertThatThrownBy(heads.get(more)::handedOver)
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.UPSTREAM_BUSY));
    assertThat(large.unacked()).isEqualTo(more + 1);
  }

  private static void handOver(Admission.Place place) {
    try {
      place.handedOver();
    } catch (RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertRefused(Admission admission, Failure failure, long size) {
    assertThatThrownBy(() -> admission.enter("a", size))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(failure));
  }
}
