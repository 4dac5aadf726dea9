package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Attacks that still succeed; docs/security.md lists them. The class is not part of the suite
 * because its name does not end in IT; {@code -Dit.test=KnownWeaknesses} runs it. A test that
 * passes moves to {@link TenantsIT}.
 */
class KnownWeaknesses extends AttackFixture {

  KnownWeaknesses(RabbitMq rabbitMq) {
    super(rabbitMq);
  }

  @Test
  void largeRequestsLeaveRoomForOthers() {
    assertHarmless(List.of(), () -> new ResourceExhaustion(testbed()).largeRequests(200, 3 << 20));
  }

  @Test
  void forgedResponsesDelayNoClientAgent() {
    assertHarmless(
        List.of(),
        () -> new ResourceExhaustion(testbed()).answersFor(testbed().neighboursId(), 100, 3 << 20));
  }

  @Test
  void amqp10MessagesCloseNoConnection() {
    assumeThat(testbed().rabbitMq().version()).startsWith("4.");
    assertHarmless(List.of(), new Amqp10Attacks(testbed())::messagesThatCannotBeConverted);
  }
}
