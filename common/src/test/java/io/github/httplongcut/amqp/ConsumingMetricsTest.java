package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsumingMetricsTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ConsumingMetrics metrics = new ConsumingMetrics(registry);

  @Test
  void deadLettersAreCountedByTheirReason() {
    metrics.decoded(message(Optional.of(DeathReason.EXPIRED)), false);
    metrics.decoded(message(Optional.of(DeathReason.DELIVERY_LIMIT)), false);
    metrics.decoded(message(Optional.empty()), false);

    assertThat(deadLetters("expired")).isEqualTo(1);
    assertThat(deadLetters("delivery_limit")).isEqualTo(1);
    assertThat(deadLetters("rejected")).isZero();
  }

  private double deadLetters(String reason) {
    return registry
        .get("longcut.amqp.messages.dead.lettered")
        .tag("reason", reason)
        .counter()
        .count();
  }

  private static MessageReader.DecodedMessage message(Optional<DeathReason> death) {
    return new MessageReader.DecodedMessage(
        new Envelope(Origin.EXPIRED, "key", "user", false),
        EventType.BROKER_REQUEST,
        List.of(),
        death);
  }
}
