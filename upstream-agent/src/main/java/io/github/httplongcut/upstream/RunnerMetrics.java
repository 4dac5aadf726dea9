package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.core.Targets;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The metrics of the runner. Thread-safe. */
final class RunnerMetrics {

  private record TargetOutcome(String target, String outcome) {}

  private final MeterRegistry registry;
  private final Map<TargetOutcome, Counter> ended = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> inFlight = new HashMap<>();

  RunnerMetrics(MeterRegistry registry, Targets targets) {
    this.registry = registry;
    for (Target target : targets.all()) {
      AtomicInteger gauge = new AtomicInteger();
      inFlight.put(target.name(), gauge);
      Gauge.builder("longcut.upstream.in.flight", gauge, AtomicInteger::get)
          .description("Requests that are taken and not yet answered")
          .tag("target", target.name())
          .register(registry);
      Gauge.builder("longcut.upstream.capacity", target, Target::capacity)
          .description("Maximum number of requests in flight")
          .tag("target", target.name())
          .register(registry);
    }
  }

  void inFlight(Target target, int count) {
    inFlight.get(target.name()).set(count);
  }

  /** Counts requests that were rejected because the target is full, draining or withdrawn. */
  void rejected(Target target, int events) {
    Counter.builder("longcut.upstream.requests.rejected")
        .description("Requests rejected, not run: the target is full, draining or withdrawn")
        .tag("target", target.name())
        .register(registry)
        .increment(events);
  }

  void answered(Target target) {
    ended(target, "response");
  }

  void failed(Target target, Failure failure) {
    ended(target, failure.code());
  }

  void cancelled(Target target) {
    ended(target, "cancelled");
  }

  private void ended(Target target, String outcome) {
    ended.computeIfAbsent(new TargetOutcome(target.name(), outcome), this::counter).increment();
  }

  private Counter counter(TargetOutcome key) {
    return Counter.builder("longcut.upstream.requests")
        .description("Requests ended, by outcome: response, cancelled or an error code")
        .tag("target", key.target)
        .tag("outcome", key.outcome)
        .register(registry);
  }
}
