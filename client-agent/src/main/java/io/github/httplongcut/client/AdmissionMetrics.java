package io.github.httplongcut.client;

import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Meters of the requests in flight and of their limits. */
final class AdmissionMetrics {

  private AdmissionMetrics() {}

  /**
   * Registers the meters, which read {@code admission}.
   *
   * @param labels values of the label {@code upstream_target}
   */
  static void register(MeterRegistry registry, BoundedLabels labels, Admission admission) {
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
    Map<String, List<TargetLimit>> byLabel =
        new TreeMap<>(admission.targets())
            .entrySet().stream()
                .collect(
                    Collectors.groupingBy(
                        target -> labels.of(target.getKey()),
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    byLabel.forEach((label, limits) -> registerTargets(registry, label, limits));
  }

  /**
   * Registers the meters of the targets with one label.
   *
   * @param limits more than one only for {@link BoundedLabels#OTHER}
   */
  private static void registerTargets(
      MeterRegistry registry, String label, List<TargetLimit> limits) {
    Gauge.builder("longcut.client.target.requests", limits, AdmissionMetrics::inFlight)
        .description("Requests for an upstream target that wait for their answer")
        .tag("upstream_target", label)
        .strongReference(true)
        .register(registry);
    Gauge.builder("longcut.client.target.requests.limit", limits, AdmissionMetrics::lowestLimit)
        .description("Current limit of requests for a target, adapted to upstream_busy errors")
        .tag("upstream_target", label)
        .strongReference(true)
        .register(registry);
  }

  private static double inFlight(List<TargetLimit> limits) {
    return limits.stream().mapToInt(TargetLimit::inFlight).sum();
  }

  private static double lowestLimit(List<TargetLimit> limits) {
    return limits.stream().mapToInt(TargetLimit::limit).min().orElse(0);
  }
}
