package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Invariants of {@link ConsumerState} in random histories. A failure names its seed. */
class ConsumerHistoryTest {

  private static final int SEEDS = 400;
  private static final int STEPS = 800;

  @Test
  void invariantsHoldInRandomHistories() {
    int settled = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        settled += new ConsumerHistory(seed).play(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(settled).as("deliveries settled in all histories").isGreaterThan(SEEDS * 5);
  }
}
