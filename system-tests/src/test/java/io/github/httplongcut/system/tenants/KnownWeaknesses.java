package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Attacks that still succeed (docs/security.md lists them as what a party can do). Its name keeps
 * it out of the suite; {@code -Dit.test=OpenDoors} runs it. A test that passes moves to {@link
 * TenantsIT}.
 */
class OpenDoors extends Attacked {

  OpenDoors(RabbitMq rabbitMq) {
    super(rabbitMq);
  }

  @Test
  void largeRequestsLeaveRoomForOthers() {
    assertHarmless(List.of(), () -> new Hogs(scene()).largeRequests(200, 3 << 20));
  }

  @Test
  void answersThatPlantMadeUpHoldUpNoClientAgent() {
    assertHarmless(
        List.of(), () -> new Hogs(scene()).answersFor(scene().neighboursId(), 100, 3 << 20));
  }

  @Test
  void messagesOfAmqp10CutNobodyOff() {
    assumeThat(scene().rabbitMq().version()).startsWith("4.");
    assertHarmless(List.of(), new Amqp10Attacks(scene())::messagesThatCannotBeConverted);
  }
}
