package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.faults.TrialReport.Tally;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs the trials of {@link HandedOn}: {@code longcut.test.handed-on} trials of each kind, 30 with
 * {@code -Pfaults-long}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class HandedOnIT {

  private static final int TRIALS = Integer.getInteger("longcut.test.handed-on", 1);

  /** With fewer trials, possibly no agent is interrupted at the right moment. */
  private static final int ENOUGH_TO_TELL = 10;

  private final TrialRunner runner = new TrialRunner("handed-on", RabbitMq::dedicated);

  @AfterAll
  void end() {
    runner.close();
  }

  @ParameterizedTest
  @EnumSource
  void noPostRunsTwice(HandedOn scenario) {
    long inDoubtBefore = runner.logged("handed_on_in_doubt");
    Tally total = Tally.NONE;
    for (int trial = 0; trial < TRIALS; trial++) {
      TrialReport report =
          runner.runBriefly(List.of(scenario), new Random(scenario.name().hashCode() + trial));
      assertThat(report.problems()).as("trial %d", trial).isEmpty();
      total = total.plus(report.tally());
    }
    long inDoubt = runner.logged("handed_on_in_doubt") - inDoubtBefore;
    runner.sum(scenario, TRIALS, total, inDoubt);

    assertThat(total.postsRunTwice()).isZero();
    if (TRIALS >= ENOUGH_TO_TELL) {
      assertThat(inDoubt).as("POSTs whose error may have been lost").isGreaterThan(TRIALS / 2);
    }
  }
}
