package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Invariants of the runner in random histories. A failure names its seed. */
final class RunnerHistoryTest {

  private static final int SEEDS = 200;
  private static final int STEPS = 300;

  @Test
  void invariantsHoldInRandomHistories() {
    int calls = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        calls += new RunnerHistory(seed).play(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(calls).as("calls in all histories").isGreaterThan(SEEDS * 20);
  }
}
