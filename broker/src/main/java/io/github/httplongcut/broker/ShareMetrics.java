package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Journal.Party;
import io.github.httplongcut.broker.core.Journal.Room;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Counts the requests that were refused because a target or a user used its whole share, by the
 * name of the target or user. Only for the loop's thread.
 */
final class ShareMetrics {

  /** Limit of names with a counter of their own. Further names share the counter {@link #OTHER}. */
  static final int MAX_NAMES = 1_000;

  static final String OTHER = "other";

  private final MeterRegistry registry;
  private final Set<String> names = new HashSet<>();

  ShareMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Counts a refused request. */
  void exceeded(Party of, String name, Room room) {
    Counter.builder("longcut.broker.shares.exceeded")
        .description("Requests refused because a target or a user used its whole share")
        .tag("of", of.name().toLowerCase(Locale.ROOT))
        .tag("name", label(name))
        .tag("room", room.name().toLowerCase(Locale.ROOT))
        .register(registry) // returns the counter if it is registered already
        .increment();
  }

  private String label(String name) {
    if (names.contains(name)) {
      return name;
    }
    if (names.size() == MAX_NAMES) {
      return OTHER;
    }
    names.add(name);
    return name;
  }
}
