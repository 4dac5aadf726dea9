package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ForwardBudgetTest {

  private static final long T0 = Long.MAX_VALUE - 5;
  private static final long MIB = 1 << 20;
  private final ForwardBudget budget = new ForwardBudget();

  @Test
  void eachUserHasABurstAndThenARate() {
    for (int i = 0; i < 64; i++) {
      assertThat(budget.take("plant", MIB, T0)).isTrue();
    }
    assertThat(budget.take("plant", 1, T0)).isFalse();
    assertThat(budget.take("other", MIB, T0)).isTrue();

    long later = T0 + Duration.ofMillis(500).toNanos();
    budget.onTick(later);
    assertThat(budget.take("plant", 4 * MIB + 1, later)).isFalse();
    assertThat(budget.take("plant", 3 * MIB, later)).isTrue();
  }

  @Test
  void shortAnswersHaveAMinimumCost() {
    int taken = 0;
    while (budget.take("plant", 1, T0)) {
      taken++;
    }

    assertThat(taken).isEqualTo(ForwardBudget.BURST / ForwardBudget.MIN_COST);
  }

  @Test
  void frequentTicksDoNotLoseBytesToRounding() {
    while (budget.take("plant", MIB, T0)) {}

    for (int i = 1; i <= 1_000; i++) {
      budget.onTick(T0 + Duration.ofMillis(i).toNanos());
    }

    assertThat(budget.take("plant", 7 * MIB, T0 + Duration.ofSeconds(1).toNanos())).isTrue();
  }
}
