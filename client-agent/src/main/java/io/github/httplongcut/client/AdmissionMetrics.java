package io.github.httplongcut.client;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Meters of the requests in flight and of their limits. */
final class AdmissionMetrics {

  private AdmissionMetrics() {}

  /** Registers the meters, which read {@code admission}. */
  static void register(MeterRegistry registry, Admission admission) {
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
    admission.targets().forEach((target, limit) -> registerTarget(registry, target, limit));
  }

  private static void registerTarget(MeterRegistry registry, String target, TargetLimit limit) {
    Gauge.builder("longcut.client.target.requests", limit, TargetLimit::inFlight)
        .description("Requests for an upstream target that wait for their answer")
        .tag("upstream_target", target)
        .register(registry);
    Gauge.builder("longcut.client.target.requests.limit", limit, TargetLimit::limit)
        .description("Current limit of requests for a target, adapted to upstream_busy errors")
        .tag("upstream_target", target)
        .register(registry);
  }
}
