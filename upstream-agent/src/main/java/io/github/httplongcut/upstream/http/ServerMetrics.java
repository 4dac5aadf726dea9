package io.github.httplongcut.upstream.http;

import io.github.httplongcut.upstream.http.HttpCaller.Purpose;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.apache.hc.core5.pool.ConnPoolStats;
import org.apache.hc.core5.pool.PoolStats;

/** Meters of the calls to the server of one target. Thread-safe. */
final class ServerMetrics {

  private final Timer connect;
  private final Timer call;
  private final String target;
  private final Counter sent;
  private final Counter received;
  private final Map<ConnectFailure, Counter> failures = new EnumMap<>(ConnectFailure.class);

  /**
   * Creates the meters of one target.
   *
   * @param connect histogram of {@link UpstreamStage#CONNECT}, of all targets
   * @param call histogram of {@link UpstreamStage#CALL}, of all targets
   */
  ServerMetrics(Timer connect, Timer call, MeterRegistry registry, String target) {
    this.connect = connect;
    this.call = call;
    this.target = target;
    sent = bytes(registry, "longcut.upstream.sent", "Bytes of HTTP sent to the upstream server");
    received =
        bytes(registry, "longcut.upstream.received", "Bytes of HTTP received from the server");
    for (ConnectFailure reason : ConnectFailure.values()) {
      failures.put(
          reason,
          Counter.builder("longcut.upstream.connect.failures")
              .description("Connections to the upstream server that could not be opened")
              .tag("upstream_target", target)
              .tag("reason", reason.label())
              .register(registry));
    }
  }

  private Counter bytes(MeterRegistry registry, String meter, String description) {
    return Counter.builder(meter)
        .description(description)
        .baseUnit("bytes")
        .tag("upstream_target", target)
        .register(registry);
  }

  /** Registers gauges of the target's connections. */
  void registerConnections(MeterRegistry registry, ConnPoolStats<?> pool) {
    connections(registry, pool, "active", PoolStats::getLeased);
    connections(registry, pool, "idle", PoolStats::getAvailable);
  }

  private void connections(
      MeterRegistry registry, ConnPoolStats<?> pool, String state, ToIntFunction<PoolStats> count) {
    Gauge.builder("longcut.upstream.connections", pool, it -> count.applyAsInt(it.getTotalStats()))
        .description("Connections to the upstream server: in use or being opened, and idle")
        .tag("upstream_target", target)
        .tag("state", state)
        .register(registry);
  }

  /** Records the time that a call spent until a connection took the request, or none did. */
  void connecting(Purpose purpose, long nanos) {
    record(connect, purpose, nanos);
  }

  /** Records the time that a call spent on a connection. */
  void called(Purpose purpose, long nanos) {
    record(call, purpose, nanos);
  }

  private static void record(Timer timer, Purpose purpose, long nanos) {
    switch (purpose) {
      case RELAY -> timer.record(nanos, TimeUnit.NANOSECONDS);
      case HEALTH_CHECK -> {} // its time says nothing about requests
    }
  }

  /** Counts the bytes of one exchange, without those of TLS. */
  void transferred(long sentBytes, long receivedBytes) {
    sent.increment((double) sentBytes);
    received.increment((double) receivedBytes);
  }

  void connectFailed(ConnectFailure reason) {
    failures.get(reason).increment();
  }
}
