package io.github.httplongcut.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FairClockTest {

  private final FairClock clock = new FairClock();

  @Test
  void equalsTheRealClockWhileNothingIsExcluded() {
    assertThat(clock.at(-7)).isEqualTo(-7);
    assertThat(clock.at(1_000)).isEqualTo(1_000);
  }

  @Test
  void isBehindTheRealClockByAllExcludedTimes() {
    clock.exclude(300);
    assertThat(clock.at(1_000)).isEqualTo(700);

    clock.exclude(0);
    clock.exclude(50);
    assertThat(clock.at(1_000)).isEqualTo(650);
    assertThat(clock.at(1_001)).isEqualTo(651);
  }

  /**
   * {@link System#nanoTime} may exceed {@link Long#MAX_VALUE} and continue with negative values.
   */
  @Test
  void differencesSurviveAnOverflow() {
    clock.exclude(10);
    long before = clock.at(Long.MAX_VALUE);
    clock.exclude(10);
    long after = clock.at(Long.MIN_VALUE + 99); // 100 ns later

    assertThat(after - before).isEqualTo(90);
  }
}
