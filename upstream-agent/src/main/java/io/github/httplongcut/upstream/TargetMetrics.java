package io.github.httplongcut.upstream;

import io.github.httplongcut.metrics.LatencyHistogram;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.core.Target;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The metrics of one target. Belongs to the loop; any thread may read the meters.
 *
 * <p>An agent may have a thousand targets, and a histogram is long in {@code /metrics}. So that of
 * responses exists from the start, and that of any other outcome from its first occurrence.
 */
final class TargetMetrics {

  /** Meters of the requests that end in one way. */
  private final class EndMeters {
    private final String outcome;
    private final Counter count;
    private Optional<Timer> time = Optional.empty();

    EndMeters(String outcome) {
      this.outcome = outcome;
      this.count =
          Counter.builder("longcut.upstream.requests")
              .description("Requests ended, by outcome: response, cancelled or an error code")
              .tag("upstream_target", name)
              .tag("outcome", outcome)
              .register(registry);
    }

    EndMeters withTime() {
      time =
          Optional.of(
              LatencyHistogram.named("longcut.upstream.request")
                  .description(
                      "Time from the delivery of a request to RabbitMQ's confirm of its answer")
                  .tag("upstream_target", name)
                  .tag("outcome", outcome)
                  .register(registry));
      return this;
    }

    void ended(long nanos) {
      if (time.isEmpty()) {
        withTime();
      }
      time.get().record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private final MeterRegistry registry;
  private final String name;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger free = new AtomicInteger();
  private final AtomicInteger healthy = new AtomicInteger(1);
  private final Counter rejected;
  private final EndMeters response;
  private final EndMeters cancel;
  private final Map<Failure, EndMeters> failures = new EnumMap<>(Failure.class);

  TargetMetrics(MeterRegistry registry, Target target) {
    this.registry = registry;
    this.name = target.name();
    free.set(target.capacity());
    gauge("longcut.upstream.in.flight", inFlight, "Requests that are taken and not yet answered");
    gauge(
        "longcut.upstream.free.slots",
        free,
        "Requests that may be taken now; 0 while the target is full, withdrawn or draining");
    gauge(
        "longcut.upstream.target.healthy",
        healthy,
        "1 while the target is offered, 0 while its health check has withdrawn it");
    Gauge.builder("longcut.upstream.capacity", target, Target::capacity)
        .description("Maximum number of requests in flight")
        .tag("upstream_target", name)
        .register(registry);
    rejected =
        Counter.builder("longcut.upstream.requests.rejected")
            .description("Requests rejected, not run: the target is full, draining or withdrawn")
            .tag("upstream_target", name)
            .register(registry);
    response = new EndMeters("response").withTime();
    cancel = new EndMeters("cancelled");
  }

  private void gauge(String meter, AtomicInteger value, String description) {
    Gauge.builder(meter, value, AtomicInteger::get)
        .description(description)
        .tag("upstream_target", name)
        .register(registry);
  }

  void slots(int nowInFlight, int nowFree) {
    inFlight.set(nowInFlight);
    free.set(nowFree);
  }

  void healthy(int now) {
    healthy.set(now);
  }

  void rejected(int requests) {
    rejected.increment(requests);
  }

  void responded() {
    response.count.increment();
  }

  void failed(Failure failure) {
    of(failure).count.increment();
  }

  void ended(Optional<Failure> failure, long nanos) {
    (failure.isPresent() ? of(failure.get()) : response).ended(nanos);
  }

  void cancelled(long nanos) {
    cancel.count.increment();
    cancel.ended(nanos);
  }

  private EndMeters of(Failure failure) {
    return failures.computeIfAbsent(failure, each -> new EndMeters(each.code()));
  }
}
