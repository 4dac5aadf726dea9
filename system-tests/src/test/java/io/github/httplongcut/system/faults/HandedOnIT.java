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
 * POSTs that an upstream agent hands on, at the worst moment: {@code longcut.test.handed-on} trials
 * of each kind, thirty with {@code -Pfaults-long}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class HandedOnIT {

  private static final int TRIALS = Integer.getInteger("longcut.test.handed-on", 1);

  /** In fewer trials than these it may be that no agent was interrupted at the right moment. */
  private static final int ENOUGH_TO_TELL = 10;

  private final Workshop workshop = new Workshop("handed-on", RabbitMq::dedicated);

  @AfterAll
  void end() {
    workshop.close();
  }

  @ParameterizedTest
  @EnumSource
  void nothingRunsTwice(HandedOn trouble) {
    long inDoubtBefore = workshop.logged("handed_on_in_doubt");
    Tally total = Tally.NONE;
    for (int trial = 0; trial < TRIALS; trial++) {
      TrialReport report =
          workshop.runBriefly(List.of(trouble), new Random(trouble.name().hashCode() + trial));
      assertThat(report.problems()).as("trial %d", trial).isEmpty();
      total = total.plus(report.tally());
    }
    long inDoubt = workshop.logged("handed_on_in_doubt") - inDoubtBefore;
    workshop.sum(trouble, TRIALS, total, inDoubt);

    assertThat(total.postsRunTwice()).isZero();
    if (TRIALS >= ENOUGH_TO_TELL) {
      assertThat(inDoubt).as("POSTs whose error may have been lost").isGreaterThan(TRIALS / 2);
    }
  }
}
