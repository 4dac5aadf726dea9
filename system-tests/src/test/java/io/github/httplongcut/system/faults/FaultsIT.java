package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs a trial for each short fault. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class FaultsIT {

  private final TrialRunner runner = new TrialRunner("faults", RabbitMq::dedicated);

  static Stream<Fault> shortFaults() {
    return Stream.of(Fault.values()).filter(fault -> !fault.isLong());
  }

  @AfterAll
  void end() {
    try (runner) {
      assertThat(runner.growth()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("shortFaults")
  void noRequestIsLostAndNoPostRunsTwice(Fault fault) {
    if (fault == Fault.CLOCKS_A_DAY_OFF) {
      assumeTrue(FaultInjectors.canSetClocks(), "faketime is not installed");
    }

    TrialReport report = runner.run(List.of(fault), new Random(fault.name().hashCode()));

    assertThat(report.problems()).isEmpty();
  }
}
