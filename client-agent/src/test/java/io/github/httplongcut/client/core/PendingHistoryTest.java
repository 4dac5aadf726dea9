package io.github.httplongcut.client.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Invariants of the pending requests in random histories. A failure names its seed. */
class PendingHistoryTest {

  private static final int SEEDS = 400;
  private static final int STEPS = 300;

  @Test
  void invariantsHoldInRandomHistories() {
    int publications = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        publications += new PendingHistory(seed).play(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(publications).as("publications in all histories").isGreaterThan(SEEDS * 60);
  }
}
