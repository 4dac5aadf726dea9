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

/** Each short fault once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class FaultsIT {

  private final Workshop workshop = new Workshop("faults", RabbitMq::dedicated);

  static Stream<Fault> shortFaults() {
    return Stream.of(Fault.values()).filter(fault -> !fault.isLong());
  }

  @AfterAll
  void end() {
    try (workshop) {
      assertThat(workshop.growth()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("shortFaults")
  void nothingIsLostAndNothingRunsTwice(Fault fault) {
    if (fault == Fault.CLOCKS_A_DAY_OFF) {
      assumeTrue(Strikes.canSetClocks(), "faketime is not installed");
    }

    TrialReport report = workshop.run(List.of(fault), new Random(fault.name().hashCode()));

    assertThat(report.problems()).isEmpty();
  }
}
