package io.github.httplongcut.client;

import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Meters of requests: their number, time, stages and bytes. Thread-safe. The meters are looked up
 * in the registry once; to record a value allocates nothing.
 */
final class RequestMetrics {

  /** Part of a request's time. */
  enum Stage {
    /** From the head of the request to its last byte. */
    READ,
    /** From the publication to the broker's ack, or to an answer that came earlier. */
    TAKE,
    /** From the first ack to the answer or error. */
    RELAY,
    /** From the arrival of the answer or error to its last byte to the caller. */
    ANSWER
  }

  /** Label of requests that ended before their target was known. */
  private static final String NO_TARGET = "none";

  private final MeterRegistry registry;
  private final BoundedLabels labels;

  /** The meters of each configured target, and of {@link #NO_TARGET}. */
  private final Map<String, TargetMeters> targets = new ConcurrentHashMap<>();

  private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);

  /**
   * @param labels values of the label {@code upstream_target}
   */
  RequestMetrics(MeterRegistry registry, BoundedLabels labels) {
    this.registry = registry;
    this.labels = labels;
    Arrays.stream(Stage.values()).forEach(stage -> stages.put(stage, timer(stage)));
  }

  /** Records the duration of one stage of a request. */
  void stage(Stage stage, long nanos) {
    stages.get(stage).record(nanos, TimeUnit.NANOSECONDS);
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
  void ended(Optional<String> upstreamTarget, String outcome, long nanos) {
    of(upstreamTarget).timer(outcome).record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Counts the bytes of a request's body, as received, and of its answer's body, as written. */
  void bytes(Optional<String> upstreamTarget, long request, long response) {
    TargetMeters meters = of(upstreamTarget);
    meters.requestBytes.increment((double) request);
    meters.responseBytes.increment((double) response);
  }

  private TargetMeters of(Optional<String> upstreamTarget) {
    String name = upstreamTarget.orElse(NO_TARGET);
    TargetMeters known = targets.get(name);
    return known != null
        ? known
        : targets.computeIfAbsent(name, key -> new TargetMeters(labels.of(key)));
  }

  private Timer timer(Stage stage) {
    return LatencyHistogram.named("longcut.client.stage")
        .description("Stages of a request in the client agent")
        .tag("stage", stage.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  /** Meters of one upstream target. */
  private final class TargetMeters {
    private final String label;
    private final Map<String, Timer> byOutcome = new ConcurrentHashMap<>();
    private final Counter requestBytes;
    private final Counter responseBytes;

    TargetMeters(String label) {
      this.label = label;
      requestBytes =
          bytes("longcut.client.request.bytes", "Bytes of requests' bodies, received from callers");
      responseBytes =
          bytes("longcut.client.response.bytes", "Bytes of answers' bodies, written to callers");
    }

    private Counter bytes(String name, String description) {
      return Counter.builder(name)
          .description(description)
          .baseUnit("bytes")
          .tag("upstream_target", label)
          .register(registry);
    }

    Timer timer(String outcome) {
      Timer known = byOutcome.get(outcome);
      return known != null ? known : byOutcome.computeIfAbsent(outcome, this::newTimer);
    }

    private Timer newTimer(String outcome) {
      return LatencyHistogram.named("longcut.client.requests")
          .description("Requests from their first line to their answer's last byte")
          .tag("upstream_target", label)
          .tag("outcome", outcome)
          .register(registry);
    }
  }
}
