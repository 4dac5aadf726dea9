package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Routing keys of an agent with one target. */
final class TargetsTest {

  @Test
  void onlyRoutingKeysOfThisAgentAreKnown() {
    ProcessId self = ProcessId.create("plant", "u1");
    Targets targets = new Targets(self, List.of(RunnerFixture.target("orders")));

    assertThat(targets.ofRoutingKey(Topology.targetKey("orders", self))).isPresent();
    assertThat(targets.ofRoutingKey(Topology.targetKey("billing", self))).isEmpty();
    assertThat(targets.ofRoutingKey("orders." + ProcessId.create("plant", "u1"))).isEmpty();
  }
}
