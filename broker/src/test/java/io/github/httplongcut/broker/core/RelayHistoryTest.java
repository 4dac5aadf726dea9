package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.broker.core.RelayState.RelayTraffic;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RelayHistoryTest {

  private static final long INTERVAL = RelayHistory.INTERVAL.toNanos();

  private final RelayHistory history = new RelayHistory();
  private long now = -3 * INTERVAL;

  @Test
  void pointsAreInOrderAndTheOldestAreForgotten() {
    for (int i = 1; i <= RelayHistory.POINTS + 20; i++) {
      add(target("orders", i, true));
    }

    RelayHistory.Points orders = history.of("orders").orElseThrow();
    assertThat(orders.rate()).hasSize(RelayHistory.POINTS).startsWith(21f).endsWith(200f);
    assertThat(orders.p50()).startsWith(21f);
    assertThat(history.all().rate()).hasSize(RelayHistory.POINTS);
    assertThat(orders.until()).isEqualTo(now - INTERVAL);
  }

  @Test
  void targetThatAppearsLaterHasNothingBefore() {
    add(target("billing", 1, true));
    add(target("billing", 1, true), target("orders", 7, true));
    add(target("billing", 1, true));

    RelayHistory.Points orders = history.of("orders").orElseThrow();
    assertThat(orders.rate()).containsExactly(0f, 7f, 0f);
    assertThat(orders.p99()).containsExactly(Float.NaN, 7f, Float.NaN);
  }

  @Test
  void nameThatNobodyServesHasNoHistory() {
    add(target("made-up", 1_000, false));

    assertThat(history.of("made-up")).isEmpty();
    assertThat(history.all().rate()).containsExactly(3f);
  }

  @Test
  void busiestTargetsAreKept() {
    List<RelayTarget> many = new ArrayList<>();
    for (int i = 0; i < RelayHistory.MAX_TARGETS; i++) {
      many.add(target("t" + i, i + 2, true));
    }
    add(many);
    add(target("idle", 1, true));
    add(target("busy", 50, true));

    assertThat(history.of("idle")).isEmpty();
    assertThat(history.of("busy")).isPresent();
    assertThat(history.of("t0")).isEmpty();
    assertThat(history.of("t1")).isPresent();
  }

  @Test
  void busyTargetTakesAPlaceWhenThePointsAreFull() {
    List<RelayTarget> targets = equalTargets(RelayHistory.MAX_TARGETS);
    for (int i = 0; i < RelayHistory.POINTS; i++) {
      add(targets);
    }
    targets.add(target("busy", 150, true));
    add(targets);
    add(targets);

    assertThat(history.of("busy").orElseThrow().rate()).endsWith(0f, 150f, 150f);
    assertThat(charted(targets)).hasSize(RelayHistory.MAX_TARGETS);
  }

  @Test
  void targetsThatBecomeIdleGiveUpTheirPlaces() {
    for (int i = 0; i < RelayHistory.POINTS; i++) {
      add(equalTargets(RelayHistory.MAX_TARGETS));
    }
    for (int i = 0; i < RelayHistory.POINTS; i++) {
      add(target("orders", 0.1, true));
    }

    assertThat(history.of("orders")).isPresent();
  }

  /** The rate of each changes between 0.5 and 1.5 with each point, in two groups. */
  @Test
  void targetsWithSimilarRatesDoNotTakeTurns() {
    List<RelayTarget> even = new ArrayList<>();
    List<RelayTarget> odd = new ArrayList<>();
    for (int i = 0; i < RelayHistory.MAX_TARGETS + 50; i++) {
      even.add(target("t" + i, i % 2 == 0 ? 1.5 : 0.5, true));
      odd.add(target("t" + i, i % 2 == 0 ? 0.5 : 1.5, true));
    }
    for (int i = 0; i < RelayHistory.POINTS; i++) {
      add(i % 2 == 0 ? even : odd);
    }
    List<String> before = charted(even);
    add(even);
    assertThat(charted(even)).isEqualTo(before).hasSize(RelayHistory.MAX_TARGETS);
    add(odd);
    assertThat(charted(even)).isEqualTo(before);
  }

  @Test
  void idleTargetsTakeNoPlaceOfOthers() {
    List<RelayTarget> targets = equalTargets(RelayHistory.MAX_TARGETS);
    add(targets);
    targets.add(target("idle", 0, true));
    for (int i = 0; i < RelayHistory.POINTS; i++) {
      add(targets);
    }

    assertThat(history.of("idle")).isEmpty();
  }

  private static List<RelayTarget> equalTargets(int number) {
    List<RelayTarget> targets = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      targets.add(target("t" + i, 1, true));
    }
    return targets;
  }

  private List<String> charted(List<RelayTarget> targets) {
    return targets.stream()
        .map(RelayTarget::name)
        .filter(name -> history.of(name).isPresent())
        .toList();
  }

  @Test
  void lateTicksDoNotAddUp() {
    assertThat(history.isDue(7)).isTrue();
    history.add(state(), 7);
    assertThat(history.isDue(6 + INTERVAL)).isFalse();
    history.add(state(), INTERVAL + INTERVAL / 4);

    assertThat(history.all().until()).isEqualTo(7 + INTERVAL);
  }

  @Test
  void pauseOfTheProcessIsEmpty() {
    add(target("orders", 7, true));
    now += 2 * INTERVAL;
    add(target("orders", 8, true));

    RelayHistory.Points orders = history.of("orders").orElseThrow();
    assertThat(orders.rate()).containsExactly(7f, 0f, 0f, 8f);
    assertThat(orders.p99()).containsExactly(7f, Float.NaN, Float.NaN, 8f);
    assertThat(history.all().rate()).containsExactly(3f, 0f, 0f, 3f);
    assertThat(history.all().inFlight()).containsExactly(1, 0, 0, 1);
    assertThat(history.all().until()).isEqualTo(now - INTERVAL);
  }

  @Test
  void longPauseLeavesOnlyTheLastPoint() {
    add(target("orders", 7, true));
    now += 1_000_000 * INTERVAL;
    add(target("orders", 8, true));

    RelayHistory.Points orders = history.of("orders").orElseThrow();
    assertThat(orders.rate()).hasSize(RelayHistory.POINTS).endsWith(0f, 8f).doesNotContain(7f);
    assertThat(orders.until()).isEqualTo(now - INTERVAL);
  }

  private void add(List<RelayTarget> targets) {
    add(targets.toArray(RelayTarget[]::new));
  }

  private void add(RelayTarget... targets) {
    history.add(state(targets), now);
    now += INTERVAL;
  }

  private static RelayState state(RelayTarget... targets) {
    return new RelayState(
        0,
        null,
        List.of(),
        List.of(targets),
        traffic(3),
        List.of(),
        List.of(),
        Map.of(),
        new OmittedReports(0, 0, 0));
  }

  private static RelayTarget target(String name, double rate, boolean served) {
    return new RelayTarget(
        name, "ok", "", served, TargetStatus.Agents.NONE, traffic(rate), 0, 0, Map.of());
  }

  private static RelayTraffic traffic(double rate) {
    return new RelayTraffic(1, 2, rate, 0, OptionalDouble.of(rate), OptionalDouble.of(rate));
  }
}
