package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private final Admission admission = new Admission(2, 100, Duration.ofMillis(500));

  @Test
  void moreRequestsThanTheLimitAreRefused() {
    Admission.Place first = admission.enter(1).orElseThrow();
    assertThat(admission.enter(1)).isPresent();

    assertThat(admission.enter(1)).isEmpty();
    first.leave();
    assertThat(admission.enter(1)).isPresent();
  }

  @Test
  void moreBytesThanTheLimitAreRefused() {
    assertThat(admission.enter(60)).isPresent();

    assertThat(admission.enter(41)).isEmpty();
    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(60);
  }

  @Test
  void aPlaceGrowsAsFarAsThereIsRoom() {
    Admission.Place place = admission.enter(60).orElseThrow();

    assertThat(place.grow(40)).isTrue();
    assertThat(place.grow(1)).isFalse();
    assertThat(admission.bytes()).isEqualTo(100);
  }

  @Test
  void anAnswerIsHeldEvenOverTheLimitAndKeepsOthersOut() {
    Admission.Place place = admission.enter(10).orElseThrow();

    place.holdAnswer(500);

    assertThat(admission.bytes()).isEqualTo(500);
    assertThat(admission.enter(1)).isEmpty();
  }

  @Test
  void leavingTwiceFreesOnce() {
    Admission.Place place = admission.enter(10).orElseThrow();
    assertThat(admission.enter(20)).isPresent();

    place.leave();
    place.leave();

    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(20);
  }

  @Test
  void whoeverIsAckedOrLeavesWaitsForNoAckAnyMore() {
    Admission.Place first = admission.enter(1).orElseThrow();
    Admission.Place second = admission.enter(1).orElseThrow();
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

  @Test
  void acksThatTakeTooLongKeepOthersOutUntilOneComesInTime() {
    Admission large = new Admission(1_000, 1_000_000, Duration.ofMillis(500));
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Place place = large.enter(1).orElseThrow();
      place.handedOver();
      places.add(place);
    }
    places.get(0).acked(Duration.ofSeconds(1).toNanos());
    large.onTick(0);

    assertThat(large.maxUnacked()).isEqualTo(49);
    assertThat(large.enter(1)).isEmpty();

    places.subList(1, 90).forEach(place -> place.acked(1));
    assertThat(large.enter(1)).isPresent();
  }
}
