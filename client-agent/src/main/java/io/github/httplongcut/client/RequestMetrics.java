package io.github.httplongcut.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Metrics of the client agent. Thread-safe. */
final class RequestMetrics {

  private record TimerKey(String upstreamTarget, String outcome) {}

  private final MeterRegistry registry;
  private final Map<TimerKey, Timer> timers = new ConcurrentHashMap<>();
  private final Counter publications;
  private final Counter droppedEvents;

  RequestMetrics(MeterRegistry registry, Admission admission) {
    this.registry = registry;
    Gauge.builder("longcut.client.requests.in.flight", admission, Admission::requests)
        .description("Requests in flight")
        .register(registry);
    Gauge.builder("longcut.client.bytes.in.flight", admission, Admission::bytes)
        .description("Bytes of requests in flight and of their answers")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("longcut.client.requests.unacked", admission, Admission::unacked)
        .description("Requests in flight that no broker has acked yet")
        .register(registry);
    Gauge.builder("longcut.client.requests.unacked.limit", admission, Admission::maxUnacked)
        .description("Current limit of unacked requests, adapted to the brokers' ack delay")
        .register(registry);
    admission
        .targets()
        .forEach(
            (target, limit) -> {
              Gauge.builder("longcut.client.target.requests", limit, TargetLimit::inFlight)
                  .description("Requests for an upstream target that wait for their answer")
                  .tag("upstream_target", target)
                  .register(registry);
              Gauge.builder("longcut.client.target.requests.limit", limit, TargetLimit::limit)
                  .description(
                      "Current limit of requests for a target, adapted to upstream_busy errors")
                  .tag("upstream_target", target)
                  .register(registry);
            });
    publications =
        Counter.builder("longcut.client.publications")
            .description("Requests published, repetitions included")
            .register(registry);
    droppedEvents =
        Counter.builder("longcut.client.events.dropped")
            .description("Events dropped because no request waits for them")
            .register(registry);
  }

  /**
   * Records a request that has ended.
   *
   * @param outcome one of
   *     <ul>
   *       <li>{@code answered}
   *       <li>{@code hung_up}
   *       <li>{@code dropped}: the caller was gone, the route says {@code finish}, and the answer
   *           was dropped
   *       <li>the code of the failure
   *     </ul>
   */
  void completed(Optional<String> upstreamTarget, String outcome, long nanos) {
    timers
        .computeIfAbsent(new TimerKey(upstreamTarget.orElse("none"), outcome), this::timer)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  void countPublication() {
    publications.increment();
  }

  void countDropped() {
    droppedEvents.increment();
  }

  private Timer timer(TimerKey key) {
    return Timer.builder("longcut.client.requests")
        .description("Requests from their first line to their answer's last byte")
        .tag("upstream_target", key.upstreamTarget)
        .tag("outcome", key.outcome)
        .register(registry);
  }
}
