package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The upstream agents that live, by target, and which of them is next (docs/protocol.md section 4).
 * Those with a free slot are kept sorted: a choice costs the logarithm of their number. Liveness is
 * measured on the fair clock.
 */
final class AgentRegistry {

  /** So many heartbeats an agent may miss before it is forgotten. */
  static final int MISSED_HEARTBEATS = 3;

  private static final class Target {
    final Map<ProcessId, Agent> agents = new LinkedHashMap<>();
    final TreeSet<Agent> free = new TreeSet<>(Agent.BY_SHARE);
  }

  private final Map<String, Target> targets = new HashMap<>();
  private long registrations;
  private long choices;

  void onHeartbeat(UpstreamHeartbeat heartbeat, long fairNow) {
    Target target = targets.get(heartbeat.upstreamTarget());
    Agent known = target == null ? null : target.agents.get(heartbeat.upstreamId());
    if (known != null) {
      change(known, () -> known.heard(heartbeat, fairNow));
    } else if (heartbeat.state() != AgentState.GONE) {
      Agent agent = new Agent(heartbeat, ++registrations, fairNow);
      targets
          .computeIfAbsent(heartbeat.upstreamTarget(), t -> new Target())
          .agents
          .put(agent.id(), agent);
      change(agent, () -> {});
    }
  }

  /** The agent with the smallest share in use, if one but those has a free slot. */
  Optional<Agent> choose(String upstreamTarget, Set<ProcessId> but) {
    Target target = targets.get(upstreamTarget);
    if (target == null) {
      return Optional.empty();
    }
    return target.free.stream().filter(agent -> !but.contains(agent.id())).findFirst();
  }

  /** Whether anybody for the target has a free slot. */
  boolean hasFree(String upstreamTarget) {
    Target target = targets.get(upstreamTarget);
    return target != null && !target.free.isEmpty();
  }

  /** Whether an agent but those may still take requests for the target, now or later. */
  boolean hasLive(String upstreamTarget, Set<ProcessId> but) {
    Target target = targets.get(upstreamTarget);
    return target != null
        && target.agents.values().stream()
            .anyMatch(agent -> agent.isLive() && !but.contains(agent.id()));
  }

  void take(Agent agent) {
    change(agent, () -> agent.taken(++choices));
  }

  void release(Agent agent) {
    change(agent, agent::released);
  }

  /** Gives it nothing new until its next heartbeat. */
  void mark(Agent agent, Agent.Standing standing) {
    change(agent, () -> agent.stands(standing));
  }

  /** It has rejected a request that we still count there: it is full. */
  void rejected(Agent agent) {
    change(agent, agent::rejected);
  }

  boolean isKnown(Agent agent) {
    Target target = targets.get(agent.target());
    return target != null && target.agents.get(agent.id()) == agent;
  }

  /** Time has passed: forgets the agents that stay away, and says who they were. */
  List<Agent> onTick(long fairNow) {
    List<Agent> missing =
        all(
            agent -> {
              agent.onTick();
              return agent.isMissing(fairNow);
            });
    for (Agent agent : missing) {
      Target target = targets.get(agent.target());
      target.free.remove(agent);
      target.agents.remove(agent.id());
      if (target.agents.isEmpty()) {
        targets.remove(agent.target());
      }
    }
    return missing;
  }

  /** Whether more ticks would only tell who stays away. */
  boolean areAtRest() {
    return targets.values().stream()
        .allMatch(target -> target.agents.values().stream().allMatch(Agent::isAtRest));
  }

  int size() {
    return targets.values().stream().mapToInt(target -> target.agents.size()).sum();
  }

  /** Slots that this broker holds at all agents together. */
  int outstanding() {
    return all(agent -> true).stream().mapToInt(Agent::outstanding).sum();
  }

  private List<Agent> all(Predicate<Agent> which) {
    List<Agent> found = new ArrayList<>();
    for (Target target : targets.values()) {
      for (Agent agent : target.agents.values()) {
        if (which.test(agent)) {
          found.add(agent);
        }
      }
    }
    return found;
  }

  /** A sorted element must be taken out before it changes. */
  private void change(Agent agent, Runnable change) {
    if (!isKnown(agent)) {
      change.run(); // forgotten, but a request still counts there
      return;
    }
    TreeSet<Agent> free = targets.get(agent.target()).free;
    free.remove(agent);
    change.run();
    if (agent.isUsable() && agent.hasFreeSlot()) {
      free.add(agent);
    }
  }
}
