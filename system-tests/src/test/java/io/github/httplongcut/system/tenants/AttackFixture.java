package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.tenants.TenantTestbed.Attack;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Base of the attack tests. The tests of a class share a {@link TenantTestbed} until an attack
 * damages it.
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
abstract class AttackFixture {

  private final RabbitMq rabbitMq;
  private TenantTestbed testbed;
  private String test;
  private boolean damaged;

  AttackFixture(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  /** The testbed; a new one if the last attack damaged the previous one. */
  final TenantTestbed testbed() {
    return testbed;
  }

  @BeforeEach
  void begin(TestInfo info) {
    test = info.getTestMethod().orElseThrow().getName();
    damaged = true;
    if (testbed == null) {
      testbed = new TenantTestbed(rabbitMq, getClass().getSimpleName() + "-" + test);
      testbed.begin();
    }
  }

  @AfterEach
  void end() {
    if (damaged) {
      closeTestbed(); // damage by one attack must not fail the next test
    } else {
      testbed.cleanUp();
    }
  }

  @AfterAll
  void closeTestbed() {
    if (testbed != null) {
      testbed.close();
      testbed = null;
    }
  }

  /**
   * Runs an attack, and fails if it affects the neighbour or the relay, or if the attackers read
   * foreign responses.
   *
   * @param consumers consume the attackers' queues
   */
  final void assertHarmless(List<RecordingConsumer> consumers, Attack attack) {
    assertThat(testbed.damageOf(test, consumers, attack)).isEmpty();
    damaged = false;
  }

  /** Makes the next test use a new testbed. */
  final void discardTestbed() {
    damaged = true;
  }
}
