package io.github.httplongcut.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What the client agent counts. Thread-safe. */
final class RequestMetrics {

  private record Kind(String upstreamTarget, String outcome) {}

  private final MeterRegistry registry;
  private final Map<Kind, Timer> timers = new ConcurrentHashMap<>();
  private final Counter publications;
  private final Counter unexpected;

  RequestMetrics(MeterRegistry registry, Admission admission) {
    this.registry = registry;
    Gauge.builder("longcut.client.requests.in.flight", admission, Admission::requests)
        .description("Requests under way")
        .register(registry);
    Gauge.builder("longcut.client.bytes.in.flight", admission, Admission::bytes)
        .description("Bytes of requests under way and of their answers")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("longcut.client.requests.unacked", admission, Admission::unacked)
        .description("Requests under way that no broker has acked yet")
        .register(registry);
    Gauge.builder("longcut.client.requests.unacked.limit", admission, Admission::maxUnacked)
        .description("How many of those there may be now, by what the relay carries")
        .register(registry);
    admission
        .targets()
        .forEach(
            (target, limit) -> {
              Gauge.builder("longcut.client.target.requests", limit, TargetLimit::underWay)
                  .description("Requests for an upstream target that wait for their answer")
                  .tag("upstream_target", target)
                  .register(registry);
              Gauge.builder("longcut.client.target.requests.limit", limit, TargetLimit::limit)
                  .description("How many of those there may be now, by what brokers had room for")
                  .tag("upstream_target", target)
                  .register(registry);
            });
    publications =
        Counter.builder("longcut.client.publications")
            .description("Requests published, repetitions included")
            .register(registry);
    unexpected =
        Counter.builder("longcut.client.events.dropped")
            .description("Events that nobody waits for (any more)")
            .register(registry);
  }

  /**
   * A request is over.
   *
   * @param outcome {@code answered}, {@code hung_up}, {@code dropped} (its answer, since the caller
   *     was gone and the route says to finish) or the failure's code
   */
  void completed(Optional<String> upstreamTarget, String outcome, long nanos) {
    timers
        .computeIfAbsent(new Kind(upstreamTarget.orElse("none"), outcome), this::timer)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  void countPublication() {
    publications.increment();
  }

  void countDropped() {
    unexpected.increment();
  }

  private Timer timer(Kind kind) {
    return Timer.builder("longcut.client.requests")
        .description("Requests from their first line to their answer's last byte")
        .tag("upstream_target", kind.upstreamTarget)
        .tag("outcome", kind.outcome)
        .register(registry);
  }
}
