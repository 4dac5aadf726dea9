package io.github.httplongcut.client;

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
 * Counts what is refused because a target or a caller has its share, and logs one of each kind in
 * ten seconds. Thread-safe.
 */
final class ExceededShares {

  /** Room that there are shares of. */
  enum Room {
    REQUESTS("requests under way"),
    BYTES("bytes under way"),
    CONNECTIONS("connections");

    private final String words;

    Room(String words) {
      this.words = words;
    }

    /** Returns what a caller is told. */
    String words() {
      return words;
    }

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Kind(String of, Room room) {}

  private static final Logger log = LoggerFactory.getLogger(ExceededShares.class);
  private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(10);
  private static final String TARGET = "target";
  private static final String CALLER = "caller";

  /** Strangers have no label of their own: they are too many. */
  private static final String NO_NAME = "none";

  private final MeterRegistry registry;
  private final Map<Kind, RateLimit> warnings = new HashMap<>();

  ExceededShares(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A request was refused: its upstream target has its share.
   *
   * @param upstreamTarget one of the configured ones
   */
  void ofTarget(String upstreamTarget, Room room, long now) {
    counter(TARGET, room, upstreamTarget).increment();
    long suppressed = warns(new Kind(TARGET, room), now);
    if (suppressed >= 0) {
      log.warn(
          "event=share_exceeded of=target upstream_target={} room={} suppressed={}",
          upstreamTarget,
          room.label(),
          suppressed);
    }
  }

  /** A request or a connection was refused: its caller has its share. */
  void ofCaller(CallerAddress caller, Room room, long now) {
    counter(CALLER, room, NO_NAME).increment();
    long suppressed = warns(new Kind(CALLER, room), now);
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
        .description("Requests and connections refused because a target or a caller has its share")
        .tag("of", of)
        .tag("room", room.label())
        .tag("name", name)
        .register(registry);
  }

  /** Returns the number of warnings left out since the last one, or -1 if this one is left out. */
  private synchronized long warns(Kind kind, long now) {
    RateLimit warning = warnings.computeIfAbsent(kind, k -> new RateLimit(BETWEEN_WARNINGS));
    return warning.allows(now) ? warning.takeSuppressed() : -1;
  }
}
