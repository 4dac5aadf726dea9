package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class UploadPaceTest {

  /** Close to an overflow, which {@code nanoTime} may reach. */
  private static final long BEGUN = Long.MAX_VALUE - 5_000_000_000L;

  private final UploadPace pace =
      new UploadPace(new UploadPace.Limits(Duration.ofSeconds(3), 1_000), BEGUN);

  @Test
  void aLongPauseIsTooSlow() {
    assertThat(pace.isTooSlow(at(2.9))).isFalse();
    assertThat(pace.isTooSlow(at(3))).isTrue();
  }

  @Test
  void eachReadAllowsAnotherPause() {
    pace.onRead(1, at(2));

    assertThat(pace.isTooSlow(at(4.9))).isFalse();
    assertThat(pace.isTooSlow(at(5))).isTrue();
  }

  @Test
  void aLowRateIsTooSlowAfterTheGracePeriod() {
    for (int second = 0; second < 10; second++) {
      pace.onRead(100, at(second + 0.5));
      assertThat(pace.isTooSlow(at(second + 0.9))).isFalse();
    }
    assertThat(pace.isTooSlow(at(10))).isTrue();
  }

  @Test
  void aSteadyUploadMayTakeMinutes() {
    for (int second = 0; second < 600; second++) {
      pace.onRead(1_001, at(second));
      assertThat(pace.isTooSlow(at(second + 0.9))).isFalse();
    }
  }

  @Test
  void aFastBeginningMakesUpForASlowEnd() {
    pace.onRead(20_000, at(1));
    for (int second = 2; second < 19; second++) {
      pace.onRead(1, at(second));
      assertThat(pace.isTooSlow(at(second + 0.9))).isFalse();
    }
    assertThat(pace.isTooSlow(at(21))).isTrue();
  }

  @Test
  void theNextCheckIsWhenTheDecisionMayChange() {
    assertThat(pace.nanosToNextCheck(at(0))).isEqualTo(nanos(3));
    pace.onRead(1, at(2));
    assertThat(pace.nanosToNextCheck(at(2))).isEqualTo(nanos(3));
    assertThat(pace.nanosToNextCheck(at(4))).isEqualTo(nanos(1));
    pace.onRead(50_000, at(9));
    assertThat(pace.nanosToNextCheck(at(9))).isEqualTo(nanos(1));
    pace.onRead(1, at(11));
    assertThat(pace.nanosToNextCheck(at(11))).isEqualTo(nanos(1));
    assertThat(pace.nanosToNextCheck(at(99))).isPositive();
  }

  private static long at(double seconds) {
    return BEGUN + nanos(seconds);
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }
}
