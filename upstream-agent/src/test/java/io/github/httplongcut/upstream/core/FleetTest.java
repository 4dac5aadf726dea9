package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts the heartbeats of a simulated fleet: up to 1,000 upstream agents with 10 targets each. */
final class FleetTest {

  private static final int TARGETS = 10;
  private static final int BROKERS = 10;
  private static final long INTERVAL_MILLIS = 2_000;
  private static final int TICK_MILLIS = 20;

  private final SplittableRandom random = new SplittableRandom(17);

  /** Heartbeats published in each tick. */
  private final List<Integer> perTick = new ArrayList<>();

  private int published;

  /** Milliseconds within which all processes connect. */
  private int spread;

  private final class SimulatedAgent {
    private final long consumesAt = random.nextInt(spread);
    private final RunnerEffects effects = new RunnerEffects();
    private final Heartbeats heartbeats;
    private int hellosHeard;

    SimulatedAgent(int number) {
      ProcessId id = ProcessId.create("plant", "agent" + number);
      List<Target> targets =
          IntStream.range(0, TARGETS)
              .mapToObj(each -> RunnerFixture.target("target" + each))
              .toList();
      heartbeats =
          new Heartbeats(
              new RunnerSettings(Duration.ofSeconds(2), Duration.ofMillis(INTERVAL_MILLIS), "1"),
              new Targets(id, targets),
              new TargetStates(),
              effects,
              random::nextDouble);
    }

    /**
     * Handles the hellos up to {@code millis} and ticks. Before the agent consumes, hellos wait.
     */
    void advanceTo(long millis, long[] hellos) {
      long now = Duration.ofMillis(millis).toNanos();
      if (millis < consumesAt) {
        return;
      }
      if (millis - consumesAt < TICK_MILLIS) {
        heartbeats.onConsuming(now);
      }
      while (hellosHeard < hellos.length && hellos[hellosHeard] <= millis) {
        heartbeats.onHello(now);
        hellosHeard++;
      }
      heartbeats.onTick(now);
      published += effects.take().size();
    }
  }

  /**
   * After a restart of RabbitMQ every process reconnects within {@code spread} milliseconds, and
   * each broker sends a hello. One round per hello would make 110,000 heartbeats.
   *
   * @param most upper limit of heartbeats until all hellos are answered
   */
  @ParameterizedTest
  @CsvSource({"10, 30000", "1000, 50000", "2000, 60000"})
  void oneRoundOfHeartbeatsAnswersConcurrentHellos(int spread, int most) {
    this.spread = spread;
    restart(1_000, spread + 400);

    assertThat(published).as("heartbeats").isBetween(10_000, most);
  }

  /** All agents reconnect at the same time; this test looks at the heartbeats seconds later. */
  @Test
  void heartbeatsOfTheFleetAreNotSynchronized() {
    spread = TICK_MILLIS;
    restart(200, 12_000);

    int from = 10_000 / TICK_MILLIS;
    int inTwoSeconds = perTick.subList(from, perTick.size()).stream().mapToInt(n -> n).sum();
    int mostInATick =
        perTick.subList(from, perTick.size()).stream().mapToInt(n -> n).max().orElse(0);

    assertThat(inTwoSeconds).as("one per interval, or slightly more").isBetween(2_000, 2_400);
    assertThat(mostInATick).as("in a tick of 20 ms; 21 on average").isLessThan(100);
  }

  private void restart(int agents, int millis) {
    long[] hellos = random.longs(BROKERS, 0, spread).sorted().toArray();
    List<SimulatedAgent> fleet = IntStream.range(0, agents).mapToObj(SimulatedAgent::new).toList();
    for (long now = 0; now < millis; now += TICK_MILLIS) {
      int before = published;
      for (SimulatedAgent agent : fleet) {
        agent.advanceTo(now, hellos);
      }
      perTick.add(published - before);
    }
  }
}
