package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.Test;

/** Registration and liveness of agents in the router (docs/protocol.md sections 4 and 6). */
class RouterAgentsTest {

  /** Three heartbeats of {@link RouterFixture#INTERVAL}. */
  private static final long MISSING = 3 * RouterFixture.INTERVAL;

  private final RouterFixture fixture = new RouterFixture();

  @Test
  void ackIsASignOfLife() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.at(1_000).ack(1, AGENT_1);

    assertThat(fixture.tick(MISSING)).isEmpty();
    assertThat(fixture.tick(1_000 + MISSING - 1)).isEmpty();
    fixture.tick(1_000 + MISSING);
    assertThat(fixture.moves).last().asString().contains("missed its heartbeats");
  }

  @Test
  void responseIsASignOfLife() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.at(1_000).response(1, 1, AGENT_1);

    fixture.tick(MISSING);

    assertThat(fixture.get(2)).containsExactly("ack r2", "dispatch r2 as b2 to plant1");
  }

  @Test
  void errorIsASignOfLife() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.at(1_000).error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1);

    fixture.tick(MISSING);

    assertThat(fixture.get(2)).containsExactly("ack r2", "dispatch r2 as b2 to plant1");
  }

  @Test
  void eventFromAnotherAgentIsNoSignOfLife() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.at(1_000).ack(1, AGENT_2);
    fixture.response(1, 1, AGENT_2);
    fixture.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_2);

    fixture.tick(MISSING);

    assertThat(fixture.router.view().stats().agents()).isZero();
  }

  @Test
  void agentOverTheLimitIsIgnoredAndReported() {
    for (int i = 0; i < 4; i++) {
      fixture.heartbeat(new ProcessId("plant1", "a" + i + "-aaaaaa"), 1, 1);
    }

    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).isEmpty();

    assertThat(fixture.get(1)).containsExactly("ack r1");
    assertThat(fixture.router.view().stats().totals().drops())
        .containsEntry(DropReason.TOO_MANY_AGENTS, 1L);
    assertThat(fixture.router.view().stats().agents()).isEqualTo(4);
    assertThat(fixture.refusedAgents).containsExactly(AGENT_1 + " for " + RouterFixture.TARGET);
  }
}
