package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdmissionTest {

  private final Admission admission = new Admission(2, 100);

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
}
