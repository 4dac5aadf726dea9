package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Gauges of each target, as of the last {@link StatusSnapshot}. A target gets its gauges with its
 * first agent. If this broker has forgotten it, they have the value 0. The loop updates them, any
 * thread reads them.
 */
final class TargetGauges {

  /** Values of the gauges of one label. */
  private record Values(int inFlight, int waiting, int agents, int free, int capacity) {

    static final Values ZERO = new Values(0, 0, 0, 0, 0);

    static Values of(TargetStatus target) {
      return new Values(
          target.requests().inFlight(),
          target.requests().waiting(),
          target.agents().live(),
          target.agents().free(),
          target.agents().capacity());
    }

    Values plus(Values other) {
      return new Values(
          inFlight + other.inFlight,
          waiting + other.waiting,
          agents + other.agents,
          free + other.free,
          capacity + other.capacity);
    }
  }

  /** The current values of one label. */
  private static final class Cell {
    volatile Values values = Values.ZERO;
  }

  private final MeterRegistry registry;
  private final BoundedLabels targets;
  private final Map<String, Cell> cells = new HashMap<>();

  /**
   * @param targets values of the label {@code upstream_target}
   */
  TargetGauges(MeterRegistry registry, BoundedLabels targets) {
    this.registry = registry;
    this.targets = targets;
  }

  /** Sets all gauges. On the loop only. */
  void update(StatusSnapshot snapshot) {
    Map<String, Values> sums = new HashMap<>();
    for (TargetStatus target : snapshot.targets()) {
      String label = target.served() ? targets.of(target.name()) : targets.ofKnown(target.name());
      sums.merge(label, Values.of(target), Values::plus);
    }
    sums.keySet().forEach(label -> cells.computeIfAbsent(label, this::register));
    cells.forEach((label, cell) -> cell.values = sums.getOrDefault(label, Values.ZERO));
  }

  private Cell register(String target) {
    Cell cell = new Cell();
    requests(target, "in_flight", cell, Values::inFlight);
    requests(target, "waiting", cell, Values::waiting);
    gauge("agents", "Upstream agents that take requests for the target", cell, Values::agents)
        .tag("upstream_target", target)
        .register(registry);
    gauge("slots.free", "Slots of the target that this broker may use", cell, Values::free)
        .tag("upstream_target", target)
        .register(registry);
    gauge("capacity", "Slots of the target's agents that take requests", cell, Values::capacity)
        .tag("upstream_target", target)
        .register(registry);
    return cell;
  }

  private void requests(String target, String state, Cell cell, ToIntFunction<Values> number) {
    gauge("requests", "Requests of this broker for the target, by state", cell, number)
        .tag("upstream_target", target)
        .tag("state", state)
        .register(registry);
  }

  private static Gauge.Builder<Cell> gauge(
      String name, String description, Cell cell, ToIntFunction<Values> number) {
    return Gauge.builder(
            "longcut.broker.target." + name, cell, each -> number.applyAsInt(each.values))
        .strongReference(true)
        .description(description);
  }
}
