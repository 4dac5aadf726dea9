package io.github.httplongcut.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the requests and connections that are refused because a target or a caller already holds
 * its share. Logs at most one refusal of each kind in ten seconds. Thread-safe.
 */
final class ExceededShares {

  /** Bounded resource that is shared. */
  enum Room {
    REQUESTS("requests in flight"),
    BYTES("bytes in flight"),
    CONNECTIONS("connections");

    private final String words;

    Room(String words) {
      this.words = words;
    }

    /** Returns the name of the resource in texts for callers. */
    String words() {
      return words;
    }

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record WarningKey(String of, Room room) {}

  private static final Logger log = LoggerFactory.getLogger(ExceededShares.class);
  private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);
  private static final String TARGET = "target";
  private static final String CALLER = "caller";

  /** Label for all callers: one label for each would be too many time series. */
  private static final String ANY_CALLER = "none";

  private final MeterRegistry registry;

  @GuardedBy("this")
  private final Map<WarningKey, RateLimit> warnings = new HashMap<>();

  ExceededShares(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A request was refused because its upstream target already holds its share.
   *
   * @param upstreamTarget a configured target
   */
  void ofTarget(String upstreamTarget, Room room, long now) {
    counter(TARGET, room, upstreamTarget).increment();
    long suppressed = suppressedOrSkip(new WarningKey(TARGET, room), now);
    if (suppressed >= 0) {
      log.warn(
          "event=share_exceeded of=target upstream_target={} room={} suppressed={}",
          upstreamTarget,
          room.label(),
          suppressed);
    }
  }

  /** A request or a connection was refused because its caller already holds its share. */
  void ofCaller(CallerAddress caller, Room room, long now) {
    counter(CALLER, room, ANY_CALLER).increment();
    long suppressed = suppressedOrSkip(new WarningKey(CALLER, room), now);
    if (suppressed >= 0) {
      log.warn(
          "event=share_exceeded of=caller caller={} room={} suppressed={}",
          LogText.quoted(caller.toString()),
          room.label(),
          suppressed);
    }
  }

  private Counter counter(String of, Room room, String name) {
    return Counter.builder("longcut.client.shares.exceeded")
        .description(
            "Requests and connections refused because a target or a caller already holds its share")
        .tag("of", of)
        .tag("room", room.label())
        .tag("name", name)
        .register(registry);
  }

  /** Returns the number of warnings suppressed since the last one, or -1 to suppress this one. */
  private synchronized long suppressedOrSkip(WarningKey key, long now) {
    RateLimit warning = warnings.computeIfAbsent(key, k -> new RateLimit(WARNING_INTERVAL));
    return warning.allows(now) ? warning.takeSuppressed() : -1;
  }
}
