package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterScene.AGENT_1;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_2;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.Test;

/** Who is an agent, and for how long (docs/protocol.md sections 4 and 6). */
class RouterAgentsTest {

  /** Three heartbeats of {@link RouterScene#INTERVAL}. */
  private static final long MISSING = 3 * RouterScene.INTERVAL;

  private final RouterScene scene = new RouterScene();

  @Test
  void anAckIsASignOfLife() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.at(1_000).ack(1, AGENT_1);

    assertThat(scene.tick(MISSING)).isEmpty();
    assertThat(scene.tick(1_000 + MISSING - 1)).isEmpty();
    scene.tick(1_000 + MISSING);
    assertThat(scene.moves).last().asString().contains("its heartbeats stay away");
  }

  @Test
  void anAnswerIsASignOfLife() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.at(1_000).response(1, 1, AGENT_1);

    scene.tick(MISSING);

    assertThat(scene.get(2)).containsExactly("ack r2", "dispatch r2 as b2 to plant1");
  }

  @Test
  void anErrorIsASignOfLife() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.at(1_000).error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1);

    scene.tick(MISSING);

    assertThat(scene.get(2)).containsExactly("ack r2", "dispatch r2 as b2 to plant1");
  }

  @Test
  void anothersWordIsNone() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.at(1_000).ack(1, AGENT_2);
    scene.response(1, 1, AGENT_2);
    scene.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_2);

    scene.tick(MISSING);

    assertThat(scene.router.stats().agents()).isZero();
  }

  @Test
  void anAgentTooManyIsCountedAndToldAndGetsNothing() {
    for (int i = 0; i < 4; i++) {
      scene.heartbeat(new ProcessId("plant1", "a" + i + "-aaaaaa"), 1, 1);
    }

    assertThat(scene.heartbeat(AGENT_1, 1, 0)).isEmpty();

    assertThat(scene.get(1)).containsExactly("ack r1");
    assertThat(scene.router.stats().totals().drops()).containsEntry(DropReason.TOO_MANY_AGENTS, 1L);
    assertThat(scene.router.stats().agents()).isEqualTo(4);
    assertThat(scene.refused).containsExactly(AGENT_1 + " for " + RouterScene.TARGET);
  }
}
