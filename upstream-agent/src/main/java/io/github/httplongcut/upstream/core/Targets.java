package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The upstream targets that this agent serves, by name and by routing key. All methods belong to
 * the loop, except {@link #all()}, which any thread may call.
 */
public final class Targets {

  private final Map<String, Target> byName = new LinkedHashMap<>();
  private final Map<String, Target> byRoutingKey = new LinkedHashMap<>();
  private ProcessId upstreamId;

  public Targets(ProcessId upstreamId, List<Target> targets) {
    targets.forEach(target -> byName.put(target.name(), target));
    changeId(upstreamId);
  }

  /** Sets the agent's id. Routing keys with an earlier id no longer match. */
  void changeId(ProcessId newId) {
    upstreamId = newId;
    byRoutingKey.clear();
    for (Target target : byName.values()) {
      byRoutingKey.put(Topology.targetKey(target.name(), newId), target);
    }
  }

  public Collection<Target> all() {
    return byName.values();
  }

  /** Returns the agent's id. */
  ProcessId upstreamId() {
    return upstreamId;
  }

  /** Returns the target of this name, which must be one of this agent's. */
  public Target named(String name) {
    return Objects.requireNonNull(byName.get(name), name);
  }

  /** Returns the target of a routing key; empty if the key is not one of this agent's. */
  Optional<Target> ofRoutingKey(String routingKey) {
    return Optional.ofNullable(byRoutingKey.get(routingKey));
  }
}
