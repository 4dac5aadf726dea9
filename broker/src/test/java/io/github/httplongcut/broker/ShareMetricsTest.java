package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.Journal.Party;
import io.github.httplongcut.broker.core.Journal.Room;
import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

final class ShareMetricsTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ShareMetrics metrics = new ShareMetrics(registry);

  @Test
  void eachPartyAndRoomIsCounted() {
    metrics.exceeded(Party.TARGET, "orders", Room.WAITING);
    metrics.exceeded(Party.TARGET, "orders", Room.WAITING);
    metrics.exceeded(Party.USER, "acme", Room.IN_FLIGHT);

    assertThat(count("target", "orders", "waiting")).isEqualTo(2);
    assertThat(count("user", "acme", "in_flight")).isEqualTo(1);
  }

  /** A tenant with wide permissions may make up targets, so the number of counters is limited. */
  @Test
  void furtherNamesShareOneCounter() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES + 5; i++) {
      metrics.exceeded(Party.TARGET, "t" + i, Room.WAITING);
    }
    metrics.exceeded(Party.TARGET, "t1", Room.WAITING);

    assertThat(registry.getMeters()).hasSize(BoundedLabels.MAX_VALUES + 1);
    assertThat(count("target", BoundedLabels.OTHER, "waiting")).isEqualTo(5);
    assertThat(count("target", "t1", "waiting")).isEqualTo(2);
  }

  private double count(String of, String name, String room) {
    return registry
        .get("longcut.broker.shares.exceeded")
        .tag("of", of)
        .tag("name", name)
        .tag("room", room)
        .counter()
        .count();
  }
}
