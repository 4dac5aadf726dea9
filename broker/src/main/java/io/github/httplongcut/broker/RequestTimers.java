package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.RequestPhase;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.core.RequestSteps;
import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.metrics.LatencyHistogram;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Histograms of the time that requests spend in this broker: as a whole by target and outcome, and
 * by phase. A target gets a label with its first request that is dispatched: names that nobody
 * serves take no place from real targets. Only for the loop's thread.
 */
final class RequestTimers {

  private static final RequestPhase[] PHASES = RequestPhase.values();

  private final MeterRegistry registry;
  private final BoundedLabels targets;
  private final Map<RequestPhase, Timer> phases = new EnumMap<>(RequestPhase.class);
  private final Map<String, Map<String, Timer>> byTargetAndOutcome = new HashMap<>();

  /**
   * @param targets values of the label {@code upstream_target}
   */
  RequestTimers(MeterRegistry registry, BoundedLabels targets) {
    this.registry = registry;
    this.targets = targets;
    for (RequestPhase phase : PHASES) {
      phases.put(
          phase,
          LatencyHistogram.named("longcut.broker.stage")
              .description("Time of a request in a stage, all its stays together")
              .tag("stage", phase.label())
              .register(registry));
    }
  }

  /** Records a request that is over. */
  void record(RequestRecord request) {
    RequestSteps history = request.history();
    for (RequestPhase phase : PHASES) {
      if (history.wasIn(phase)) {
        phases.get(phase).record(history.nanosIn(phase), TimeUnit.NANOSECONDS);
      }
    }
    String target = request.subject().target();
    timer(
            history.dispatches() > 0 ? targets.of(target) : targets.ofKnown(target),
            request.outcome())
        .record(history.nanos(), TimeUnit.NANOSECONDS);
  }

  private Timer timer(String target, String outcome) {
    Map<String, Timer> byOutcome = byTargetAndOutcome.get(target);
    Timer timer = byOutcome == null ? null : byOutcome.get(outcome);
    return timer == null ? register(target, outcome) : timer;
  }

  private Timer register(String target, String outcome) {
    Timer timer =
        LatencyHistogram.named("longcut.broker.request")
            .description("Time from the reception of a request to its end in this broker")
            .tag("upstream_target", target)
            .tag("outcome", outcome)
            .register(registry);
    byTargetAndOutcome.computeIfAbsent(target, name -> new HashMap<>()).put(outcome, timer);
    return timer;
  }
}
