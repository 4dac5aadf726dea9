package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The long faults, and all possible pairs of the paired faults. Runs with {@code -Pfaults-long}.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultPairsIT {

  private final TrialRunner runner = new TrialRunner("faults-long", RabbitMq::dedicated);

  static Stream<List<Fault>> longFaultsAndPairs() {
    List<List<Fault>> all = new ArrayList<>();
    Stream.of(Fault.values()).filter(Fault::isLong).forEach(fault -> all.add(List.of(fault)));
    List<Fault> paired = Stream.of(Fault.values()).filter(Fault::isPaired).toList();
    for (Fault first : paired) {
      for (Fault second : paired) {
        if (first.compareTo(second) < 0 && first.goesWith(second)) {
          all.add(List.of(first, second));
        }
      }
    }
    return all.stream();
  }

  @AfterAll
  void end() {
    try (runner) {
      assertThat(runner.growth()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("longFaultsAndPairs")
  void noRequestIsLostAndNoPostRunsTwice(List<Fault> faults) {
    TrialReport report = runner.run(faults, new Random(faults.toString().hashCode()));

    assertThat(report.problems()).isEmpty();
  }
}
