package io.github.httplongcut.upstream;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The upstream targets that this agent claims, by name and by routing key. Of the loop, but for the
 * names.
 */
final class Targets {

  private final Map<String, Target> byName = new LinkedHashMap<>();
  private final Map<String, Target> byRoutingKey = new LinkedHashMap<>();

  Targets(ProcessId upstreamId, List<UpstreamAgentConfig.Target> configs) {
    for (UpstreamAgentConfig.Target config : configs) {
      Target target = Target.of(config);
      byName.put(target.name(), target);
    }
    moveTo(upstreamId);
  }

  /** The agent is called so from now on: what comes by another id's key is not for it. */
  void moveTo(ProcessId upstreamId) {
    byRoutingKey.clear();
    for (Target target : byName.values()) {
      byRoutingKey.put(Topology.targetKey(target.name(), upstreamId), target);
    }
  }

  Collection<Target> all() {
    return byName.values();
  }

  Set<String> names() {
    return byName.keySet();
  }

  /** The target that messages of this key are for, if it is one of this very agent's. */
  Optional<Target> ofRoutingKey(String routingKey) {
    return Optional.ofNullable(byRoutingKey.get(routingKey));
  }
}
