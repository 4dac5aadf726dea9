package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.LastAgent;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TargetReasonsTest {

  private static final LastAgent LAST =
      new LastAgent(new ProcessId("plant", "a-aaaaaa"), LastAgent.Departure.GONE, "");

  private Instant date = Instant.parse("2026-11-26T18:02:11Z");
  private long nanoTime = 7;
  private final TargetReasons reasons = new TargetReasons(new WallTime(() -> date, () -> nanoTime));

  @Test
  void timeOfAnotherDayHasItsDate() {
    TargetStatus orders = withoutAgentSince(7);
    pass(Duration.ofHours(5));
    assertThat(reasons.of(orders))
        .isEqualTo(
            "no upstream agent since 18:02:11Z; the last was plant.a-aaaaaa, which has stopped");

    pass(Duration.ofDays(3));
    assertThat(reasons.of(orders))
        .isEqualTo(
            "no upstream agent since 2026-11-26 18:02:11Z; the last was plant.a-aaaaaa, which has"
                + " stopped");
  }

  private void pass(Duration time) {
    date = date.plus(time);
    nanoTime += time.toNanos();
  }

  private static TargetStatus withoutAgentSince(long nanoTime) {
    return new TargetStatus(
        "orders",
        new TargetStatus.Agents(0, 0, 0, 0, 0, "", TargetStatus.AgentCounts.NONE),
        new TargetStatus.Requests(0, 0, 0, 0),
        TargetStatus.Recent.NONE,
        OptionalLong.of(nanoTime),
        Optional.of(LAST));
  }
}
