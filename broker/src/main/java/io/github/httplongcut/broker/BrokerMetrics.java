package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.DispatchFailure;
import io.github.httplongcut.broker.core.DropReason;
import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.protocol.EventType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Metrics of the broker: the router's numbers as of the last tick, and the answers by their
 * outcome. Thread-safe.
 */
final class BrokerMetrics {

  private final MeterRegistry registry;
  private final Map<String, Counter> answers = new ConcurrentHashMap<>();
  private final Map<EventType, Counter> orphans = new ConcurrentHashMap<>();
  private final Counter redelivered;
  private volatile RouterStats stats;
  private volatile boolean consuming;

  /**
   * @param stats the initial stats of the router
   */
  BrokerMetrics(MeterRegistry registry, RouterStats stats) {
    this.registry = registry;
    this.stats = stats;
    held("waiting", now -> now.requests().waiting());
    held("settling", now -> now.requests().settling());
    held("dispatched", now -> now.requests().dispatched());
    held("running", now -> now.requests().running());
    Gauge.builder("longcut.broker.bytes.in.flight", this, of(RouterStats::inFlightBytes))
        .description("Bytes of the requests held")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("longcut.broker.agents", this, of(RouterStats::agents))
        .description("Live upstream agents, each counted once per target")
        .register(registry);
    Gauge.builder("longcut.broker.consuming", this, metrics -> metrics.consuming ? 1 : 0)
        .description("1 while requests are consumed; 0 while the broker starts, is full or drains")
        .register(registry);
    total("received", "Requests received", now -> now.totals().received());
    total("dispatches", "Requests sent to upstream agents", now -> now.totals().dispatches());
    total("forwarded", "Answers to unknown requests, forwarded", now -> now.totals().forwarded());
    forgotten("silent", now -> now.forgottenAgents().silent());
    forgotten("displaced", now -> now.forgottenAgents().displaced());
    for (DispatchFailure why : DispatchFailure.values()) {
      FunctionCounter.builder(
              "longcut.broker.dispatches.failed",
              this,
              of(now -> now.totals().dispatchFailures().getOrDefault(why, 0L)))
          .description("Dispatches that did not lead to an answer")
          .tag("why", why.label())
          .register(registry);
    }
    redelivered =
        Counter.builder("longcut.broker.requests.redelivered")
            .description("Requests received that a quorum queue had delivered before")
            .register(registry);
    for (DropReason why : DropReason.values()) {
      FunctionCounter.builder(
              "longcut.broker.events.dropped",
              this,
              of(now -> now.totals().drops().getOrDefault(why, 0L)))
          .description("Events that were ignored")
          .tag("why", why.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }

  /** Counts events that were sent to a broker that is gone. */
  void orphans(EventType type, int events) {
    orphans.computeIfAbsent(type, this::orphanCounter).increment(events);
  }

  private Counter orphanCounter(EventType type) {
    return Counter.builder("longcut.broker.orphans")
        .description("Events taken over that were sent to a broker that is gone")
        .tag("event", type.wireName())
        .register(registry);
  }

  /** Counts requests that a quorum queue has delivered before. */
  void redelivered(int requests) {
    redelivered.increment(requests);
  }

  /** Replaces the router's numbers. */
  void update(RouterStats now) {
    stats = now;
  }

  /** Sets the gauge of the consumption of requests. */
  void consuming(boolean now) {
    consuming = now;
  }

  /**
   * Counts an answer that is handed over for publication.
   *
   * @param outcome {@code answered}, or the failure's code
   */
  void answered(String outcome) {
    answers.computeIfAbsent(outcome, this::counter).increment();
  }

  private Counter counter(String outcome) {
    return Counter.builder("longcut.broker.answers")
        .description("Answers to client agents")
        .tag("outcome", outcome)
        .register(registry);
  }

  private void held(String state, ToLongFunction<RouterStats> number) {
    Gauge.builder("longcut.broker.requests", this, of(number))
        .description("Requests held, by state")
        .tag("state", state)
        .register(registry);
  }

  private void forgotten(String why, ToLongFunction<RouterStats> number) {
    FunctionCounter.builder("longcut.broker.agents.forgotten", this, of(number))
        .description("Upstream agents forgotten without a last heartbeat that says gone")
        .tag("why", why)
        .register(registry);
  }

  private void total(String name, String description, ToLongFunction<RouterStats> number) {
    FunctionCounter.builder("longcut.broker." + name, this, of(number))
        .description(description)
        .register(registry);
  }

  private static ToDoubleFunction<BrokerMetrics> of(ToLongFunction<RouterStats> number) {
    return metrics -> number.applyAsLong(metrics.stats);
  }
}
