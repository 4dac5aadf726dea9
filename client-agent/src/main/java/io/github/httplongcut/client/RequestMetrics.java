package io.github.httplongcut.client;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Meters of the requests that have ended. Thread-safe. */
final class RequestMetrics {

  private record TimerKey(String upstreamTarget, String outcome) {}

  private final MeterRegistry registry;
  private final Map<TimerKey, Timer> timers = new ConcurrentHashMap<>();

  RequestMetrics(MeterRegistry registry) {
    this.registry = registry;
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

  private Timer timer(TimerKey key) {
    return Timer.builder("longcut.client.requests")
        .description("Requests from their first line to their answer's last byte")
        .tag("upstream_target", key.upstreamTarget)
        .tag("outcome", key.outcome)
        .register(registry);
  }
}
