package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Invariants of the router in random histories. A failure names its seed. */
class RouterHistoryTest {

  private static final int SEEDS = 400;
  private static final int STEPS = 300;

  @Test
  void invariantsHoldInRandomHistories() {
    int dispatches = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        dispatches += new RandomHistory(seed).play(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(dispatches).as("dispatches in all histories").isGreaterThan(SEEDS * 20);
  }
}
