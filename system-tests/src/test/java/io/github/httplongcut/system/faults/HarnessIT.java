package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.rabbitmq.client.Connection;
import io.github.httplongcut.system.faults.RecordingUpstream.Behaviour;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The negative control of the fault suite. Each trial simulates a defect of the relay from outside
 * and must report it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class HarnessIT {

  /** A simulated violation of the relay's guarantees. */
  @SuppressWarnings("ImmutableEnumChecker") // injectors have no state
  enum SimulatedDefect implements FaultScenario {
    RUNS_TWICE(FaultInjectors.behaviour(Behaviour.RUNS_TWICE), "ran 2 times"),
    ANSWERS_FOR_ANOTHER(
        FaultInjectors.behaviour(Behaviour.ANSWERS_FOR_ANOTHER), "the response to another request"),
    FORGETS_THE_EXECUTION(
        FaultInjectors.behaviour(Behaviour.FORGETS_THE_EXECUTION), "got a 200 but never ran"),
    SAYS_503(FaultInjectors.behaviour(Behaviour.SAYS_503), "an error that no caller may get"),
    NEVER_ANSWERS(FaultInjectors.behaviour(Behaviour.NEVER_ANSWERS), "should not have failed"),
    STAYS_AWAY(stayAway(), "normal service only after"),
    LEAVES_A_CONNECTION(leaveConnection(), "connections of no running process");

    private final FaultInjector injector;
    private final String found;

    SimulatedDefect(FaultInjector injector, String found) {
      this.injector = injector;
      this.found = found;
    }

    @Override
    public FaultInjector injector() {
      return injector;
    }

    @Override
    public Duration hold() {
      // The management API shows a new connection up to five seconds late.
      return Duration.ofSeconds(this == LEAVES_A_CONNECTION ? 8 : 1);
    }

    @Override
    public Expectation expectation() {
      return this == STAYS_AWAY ? Expectation.ALL_MAY_FAIL : Expectation.NO_FAILURE;
    }

    @Override
    public Map<RelayPart, Integer> counts() {
      Map<RelayPart, Integer> one = new EnumMap<>(RelayPart.class);
      for (RelayPart part : RelayPart.values()) {
        one.put(part, 1);
      }
      return one;
    }

    /**
     * Returns whether a trial reports the defect even on a machine that was paused, where failed
     * requests are excused.
     */
    boolean isFoundOnAnyMachine() {
      return this != NEVER_ANSWERS && this != STAYS_AWAY;
    }

    /** Keeps the upstream server down for longer than the fault lasts. */
    private static FaultInjector stayAway() {
      return (bench, random) -> {
        bench.upstream().refuse();
        return InjectedFault.healedBy(
            () -> bench.upstream().listenAfter(Trial.RECOVERY.plusSeconds(1)));
      };
    }

    private static FaultInjector leaveConnection() {
      return (bench, random) -> {
        Connection left = bench.rabbitMq().connect(RabbitMqUser.ADMIN, "left over");
        assertThat(left.isOpen()).isTrue();
        return InjectedFault.healedBy(() -> {});
      };
    }
  }

  private final FaultBench bench = new FaultBench("harness", RabbitMq.dedicated());

  @AfterAll
  void end() {
    bench.close();
  }

  @ParameterizedTest
  @EnumSource(SimulatedDefect.class)
  void trialFindsTheDefect(SimulatedDefect defect) {
    TrialReport report =
        new Trial(bench, List.of(defect), new Random(defect.name().hashCode())).run();

    assumeTrue(
        report.machine().isSteady() || defect.isFoundOnAnyMachine(),
        "the machine was paused, which excuses this defect");
    assertThat(report.problems()).anyMatch(each -> each.contains(defect.found));
  }
}
