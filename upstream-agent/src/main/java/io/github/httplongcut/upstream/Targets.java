package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The upstream targets that this agent serves, by name and by routing key. All methods belong to
 * the loop, except {@link #all()}, which any thread may call.
 */
final class Targets {

  private final Map<String, Target> byName = new LinkedHashMap<>();
  private final Map<String, Target> byRoutingKey = new LinkedHashMap<>();

  Targets(ProcessId upstreamId, List<UpstreamAgentConfig.TargetConfig> configs) {
    for (UpstreamAgentConfig.TargetConfig config : configs) {
      Target target = Target.of(config);
      byName.put(target.name(), target);
    }
    changeId(upstreamId);
  }

  /** Sets the agent's id. Routing keys with an earlier id no longer match. */
  void changeId(ProcessId upstreamId) {
    byRoutingKey.clear();
    for (Target target : byName.values()) {
      byRoutingKey.put(Topology.targetKey(target.name(), upstreamId), target);
    }
  }

  Collection<Target> all() {
    return byName.values();
  }

  /** Returns the target of a routing key; empty if the key is not one of this agent's. */
  Optional<Target> ofRoutingKey(String routingKey) {
    return Optional.ofNullable(byRoutingKey.get(routingKey));
  }
}
