package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TargetGaugesTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final BoundedLabels labels = new BoundedLabels();
  private final TargetGauges gauges = new TargetGauges(registry, labels);

  @Test
  void eachTargetHasItsNumbers() {
    gauges.update(snapshot(target("orders", 1), target("billing", 10)));

    assertThat(gauge("orders", "agents")).isEqualTo(2);
    assertThat(gauge("orders", "capacity")).isEqualTo(5);
    assertThat(gauge("orders", "slots.free")).isEqualTo(4);
    assertThat(requests("orders", "in_flight")).isEqualTo(6);
    assertThat(requests("orders", "waiting")).isEqualTo(7);
    assertThat(requests("billing", "waiting")).isEqualTo(70);
  }

  @Test
  void forgottenTargetIsZero() {
    gauges.update(snapshot(target("orders", 1)));
    gauges.update(snapshot());

    assertThat(gauge("orders", "agents")).isZero();
    assertThat(requests("orders", "waiting")).isZero();
  }

  @Test
  void targetsOverTheLimitAreAddedUp() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES; i++) {
      labels.of("t" + i);
    }

    gauges.update(snapshot(target("t1", 1), target("late", 1), target("later", 10)));

    assertThat(requests(BoundedLabels.OTHER, "waiting")).isEqualTo(77);
    assertThat(requests("t1", "waiting")).isEqualTo(7);
    assertThat(registry.getMeters()).hasSize(2 * 5);
  }

  @Test
  void targetThatNobodyServesTakesNoLabel() {
    gauges.update(snapshot(target("made-up", 0), target("orders", 1)));
    assertThat(gauge(BoundedLabels.OTHER, "agents")).isZero();
    assertThat(
            registry.find("longcut.broker.target.agents").tag("upstream_target", "made-up").gauge())
        .isNull();

    gauges.update(snapshot(target("made-up", 1)));
    assertThat(gauge("made-up", "agents")).isEqualTo(2);
  }

  private double gauge(String target, String name) {
    return registry
        .get("longcut.broker.target." + name)
        .tag("upstream_target", target)
        .gauge()
        .value();
  }

  private double requests(String target, String state) {
    return registry
        .get("longcut.broker.target.requests")
        .tag("upstream_target", target)
        .tag("state", state)
        .gauge()
        .value();
  }

  private static StatusSnapshot snapshot(TargetStatus... targets) {
    return new StatusSnapshot(
        0,
        new RouterStats.RequestCounts(0, 0, 0, 0),
        List.of(targets),
        List.of(),
        0,
        List.of(),
        StatusSnapshot.Recent.NONE);
  }

  private static TargetStatus target(String name, int factor) {
    return new TargetStatus(
        name,
        new TargetStatus.Agents(
            3 * factor,
            2 * factor,
            factor,
            5 * factor,
            4 * factor,
            "",
            TargetStatus.AgentCounts.NONE),
        new TargetStatus.Requests(6 * factor, 7 * factor, 0, 0),
        TargetStatus.Recent.NONE,
        OptionalLong.empty(),
        Optional.empty());
  }
}
