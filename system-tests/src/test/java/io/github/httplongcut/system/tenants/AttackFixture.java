package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.tenants.TenantScene.Attack;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;

/** A {@link TenantScene} that the attacks of one class share for as long as nobody notices them. */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
abstract class Attacked {

  private final RabbitMq rabbitMq;
  private TenantScene scene;
  private String test;
  private boolean spoilt;

  Attacked(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  /** The relay, whole again if the last attack has spoilt it. */
  final TenantScene scene() {
    return scene;
  }

  @BeforeEach
  void begin(TestInfo info) {
    test = info.getTestMethod().orElseThrow().getName();
    spoilt = true;
    if (scene == null) {
      scene = new TenantScene(rabbitMq, getClass().getSimpleName() + "-" + test);
      scene.begin();
    }
  }

  @AfterEach
  void end() {
    if (spoilt) {
      closeScene(); // what one attack has done must not fail the next test
    } else {
      scene.cleanUp();
    }
  }

  @AfterAll
  void closeScene() {
    if (scene != null) {
      scene.close();
      scene = null;
    }
  }

  /** Has tenants attack, and fails if anybody else notices: by what they hear, and by all else. */
  final void assertHarmless(List<Ear> ears, Attack attack) {
    assertThat(scene.damageOf(test, ears, attack)).isEmpty();
    spoilt = false;
  }

  /** The next test gets a new relay. */
  final void spoil() {
    spoilt = true;
  }
}
