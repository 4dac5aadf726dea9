package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the upstream agent counts. Thread-safe. */
final class RunnerMetrics {

  private record Kind(String target, String outcome) {}

  private final MeterRegistry registry;
  private final Map<Kind, Counter> ended = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> inFlight = new HashMap<>();

  RunnerMetrics(MeterRegistry registry, Targets targets) {
    this.registry = registry;
    for (Target target : targets.all()) {
      AtomicInteger gauge = new AtomicInteger();
      inFlight.put(target.name(), gauge);
      Gauge.builder("longcut.upstream.in.flight", gauge, AtomicInteger::get)
          .description("Requests that are taken and whose answer is not confirmed")
          .tag("target", target.name())
          .register(registry);
      Gauge.builder("longcut.upstream.capacity", target, Target::capacity)
          .description("Requests that are taken at the same time at most")
          .tag("target", target.name())
          .register(registry);
    }
  }

  void inFlight(Target target, int count) {
    inFlight.get(target.name()).set(count);
  }

  /** An event that was given back: full, draining or withdrawn. */
  void rejected(Target target, int events) {
    Counter.builder("longcut.upstream.requests.rejected")
        .description("Requests given back unrun: full, draining or withdrawn")
        .tag("target", target.name())
        .register(registry)
        .increment(events);
  }

  /** A message that no honest broker sends. */
  void discarded() {
    Counter.builder("longcut.upstream.messages.discarded")
        .description("Messages whose envelope and content do not fit together")
        .register(registry)
        .increment();
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
    ended.computeIfAbsent(new Kind(target.name(), outcome), this::counter).increment();
  }

  private Counter counter(Kind kind) {
    return Counter.builder("longcut.upstream.requests")
        .description("Requests taken, by what became of them: response, cancelled or an error code")
        .tag("target", kind.target)
        .tag("outcome", kind.outcome)
        .register(registry);
  }
}
