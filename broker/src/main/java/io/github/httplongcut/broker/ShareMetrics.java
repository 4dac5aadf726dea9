package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Journal.Party;
import io.github.httplongcut.broker.core.Journal.Room;
import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/**
 * Counts the requests that were refused because a target or a user used its whole share, by the
 * name of the target or user. Only for the loop's thread.
 */
final class ShareMetrics {

  private final MeterRegistry registry;
  private final BoundedLabels names = new BoundedLabels();

  ShareMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Counts a refused request. */
  void exceeded(Party of, String name, Room room) {
    Counter.builder("longcut.broker.shares.exceeded")
        .description("Requests refused because a target or a user used its whole share")
        .tag("of", of.name().toLowerCase(Locale.ROOT))
        .tag("name", names.of(name))
        .tag("room", room.name().toLowerCase(Locale.ROOT))
        .register(registry) // returns the counter if it is registered already
        .increment();
  }
}
