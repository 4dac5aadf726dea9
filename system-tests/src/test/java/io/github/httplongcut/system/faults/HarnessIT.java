package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.rabbitmq.client.Connection;
import io.github.httplongcut.system.faults.RecordingUpstream.Mood;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqUser;
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
 * The negative control of the fault suite: what a broken relay would show is made beside a sound
 * one, and each trial must find it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("faults")
class HarnessIT {

  /** Something that looks as if the relay had broken its word. */
  @SuppressWarnings("ImmutableEnumChecker") // strikes have no state
  enum Crime implements Trouble {
    RUNS_TWICE(Strikes.mood(Mood.RUNS_TWICE), "ran 2 times"),
    ANSWERS_FOR_ANOTHER(Strikes.mood(Mood.ANSWERS_FOR_ANOTHER), "the answer of another request"),
    FORGETS_THE_EXECUTION(Strikes.mood(Mood.FORGETS_THE_EXECUTION), "answered and never ran"),
    SAYS_503(Strikes.mood(Mood.SAYS_503), "an error that nobody may get"),
    NEVER_ANSWERS(Strikes.mood(Mood.NEVER_ANSWERS), "should not have failed"),
    STAYS_AWAY(stayAway(), "normal service only after"),
    LEAVES_A_CONNECTION(leaveConnection(), "connections of nobody");

    private final Strike strike;
    private final String found;

    Crime(Strike strike, String found) {
      this.strike = strike;
      this.found = found;
    }

    @Override
    public Strike strike() {
      return strike;
    }

    @Override
    public Duration hold() {
      // RabbitMQ tells of a connection up to five seconds later.
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

    /** A trial on a machine that stood still judges only what always holds. */
    boolean isFoundOnAnyMachine() {
      return this != NEVER_ANSWERS && this != STAYS_AWAY;
    }

    /** The upstream server is not back when the fault is said to be over. */
    private static Strike stayAway() {
      return (bench, random) -> {
        bench.upstream().refuse();
        return Struck.healedBy(() -> bench.upstream().listenAfter(Trial.RECOVERY.plusSeconds(1)));
      };
    }

    private static Strike leaveConnection() {
      return (bench, random) -> {
        Connection left = bench.rabbitMq().connect(RabbitMqUser.ADMIN, "left over");
        assertThat(left.isOpen()).isTrue();
        return Struck.healedBy(() -> {});
      };
    }
  }

  private final FaultBench bench = new FaultBench("harness", RabbitMq.dedicated());

  @AfterAll
  void end() {
    bench.close();
  }

  @ParameterizedTest
  @EnumSource(Crime.class)
  void itIsFound(Crime crime) {
    TrialReport report =
        new Trial(bench, List.of(crime), new Random(crime.name().hashCode())).run();

    assumeTrue(
        report.machine().isSteady() || crime.isFoundOnAnyMachine(),
        "the machine stalled, which excuses that");
    assertThat(report.problems()).anyMatch(each -> each.contains(crime.found));
  }
}
