package io.github.httplongcut.broker.core;

import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * The live upstream agents by target, and the choice among them (docs/protocol.md section 4).
 * Liveness is measured with the {@link FairClock}.
 *
 * <p>The number of agents is bounded ({@link AgentLimits}). A choice takes constant time. A
 * heartbeat or a tick takes logarithmic time, since agents are sorted by the time of their next
 * check.
 */
final class AgentRegistry {

  /** Consecutive missed heartbeats after which an agent is forgotten. */
  static final int MISSED_HEARTBEATS = 3;

  private static final class TargetAgents {
    final Map<ProcessId, Agent> agents = new LinkedHashMap<>();
    final Map<Agent.Rank, FreeAgents> free = new EnumMap<>(Agent.Rank.class);

    TargetAgents() {
      for (Agent.Rank rank : Agent.Rank.values()) {
        free.put(rank, new FreeAgents());
      }
    }

    FreeAgents free(Agent.Rank rank) {
      return free.get(rank);
    }

    boolean hasFree() {
      return free.values().stream().anyMatch(agents -> !agents.isEmpty());
    }

    void removeFromFree(Agent agent) {
      free.values().forEach(agents -> agents.remove(agent));
    }

    /** Returns whether there is a healthy agent outside {@code excluded}, free or full. */
    boolean hasHealthy(Set<ProcessId> excluded) {
      return agents.values().stream()
          .anyMatch(agent -> agent.isHealthy() && !excluded.contains(agent.id()));
    }
  }

  private final AgentLimits limits;
  private final RandomGenerator random;
  private final Map<String, TargetAgents> targets = new HashMap<>();
  private final AgentOwners owners = new AgentOwners();
  private final TreeSet<Agent> byCheck = new TreeSet<>(Agent.BY_CHECK);
  private final Set<Agent> notAtRest = new LinkedHashSet<>();
  private long registrations;
  private long choices;
  private long forgottenSilent;
  private long displaced;

  /**
   * Creates an empty registry.
   *
   * @param random draws the two agents between which {@link #choose} decides
   */
  AgentRegistry(AgentLimits limits, RandomGenerator random) {
    this.limits = limits;
    this.random = random;
  }

  /**
   * Registers a new agent, or updates a known one.
   *
   * @return false if the agent is new and the limit of agents is reached
   */
  boolean onHeartbeat(UpstreamHeartbeat heartbeat, long fairNow) {
    Optional<Agent> known = find(heartbeat.upstreamTarget(), heartbeat.upstreamId());
    if (known.isPresent()) {
      updateChecked(known.get(), () -> known.get().onHeartbeat(heartbeat, fairNow));
      if (heartbeat.state() == AgentState.GONE && known.get().outstanding() == 0) {
        forget(known.get());
      }
      return true;
    }
    if (heartbeat.state() == AgentState.GONE) {
      return true;
    }
    if (!makeRoomFor(heartbeat)) {
      return false;
    }
    register(new Agent(heartbeat, ++registrations, fairNow));
    return true;
  }

  /**
   * Notes a message other than a heartbeat from an agent, which shows only that the agent lives.
   */
  void onSignOfLife(String upstreamTarget, ProcessId id, long fairNow) {
    find(upstreamTarget, id).ifPresent(agent -> agent.onSignOfLife(fairNow));
  }

  /**
   * Returns an agent with a free slot that is not in {@code excluded} ({@link FreeAgents}). Returns
   * a failing agent only if the target has no healthy one, free or full.
   */
  Optional<Agent> choose(String upstreamTarget, Set<ProcessId> excluded) {
    TargetAgents target = targets.get(upstreamTarget);
    if (target == null) {
      return Optional.empty();
    }
    return target
        .free(Agent.Rank.FIRST)
        .choose(excluded, random)
        .or(() -> target.free(Agent.Rank.OUTLIER).choose(excluded, random))
        .or(() -> chooseFailing(target, excluded));
  }

  private Optional<Agent> chooseFailing(TargetAgents target, Set<ProcessId> excluded) {
    FreeAgents failing = target.free(Agent.Rank.FAILING);
    return failing.isEmpty() || target.hasHealthy(excluded)
        ? Optional.empty()
        : failing.choose(excluded, random);
  }

  /** Returns whether an agent for the target has a free slot, even if the agent is failing. */
  boolean hasFree(String upstreamTarget) {
    TargetAgents target = targets.get(upstreamTarget);
    return target != null && target.hasFree();
  }

  /** Returns whether {@link #choose} would return an agent for the request. */
  boolean canServe(InFlight request) {
    TargetAgents target = targets.get(request.target());
    Set<ProcessId> excluded = request.unreachableFrom();
    return target != null
        && (target.free(Agent.Rank.FIRST).hasOtherThan(excluded)
            || target.free(Agent.Rank.OUTLIER).hasOtherThan(excluded)
            || (target.free(Agent.Rank.FAILING).hasOtherThan(excluded)
                && !target.hasHealthy(excluded)));
  }

  /**
   * Returns whether an agent outside {@code excluded} takes requests for the target, free or full.
   */
  boolean hasLive(String upstreamTarget, Set<ProcessId> excluded) {
    TargetAgents target = targets.get(upstreamTarget);
    return target != null
        && target.agents.values().stream()
            .anyMatch(agent -> agent.isLive() && !excluded.contains(agent.id()));
  }

  /** Returns whether another target has an agent. */
  boolean hasOtherTargets(String upstreamTarget) {
    return targets.size() > (targets.containsKey(upstreamTarget) ? 1 : 0);
  }

  /** Calls the action for each target that has an agent, with the target's agents. */
  void forEachTarget(BiConsumer<String, Collection<Agent>> action) {
    targets.forEach((name, target) -> action.accept(name, target.agents.values()));
  }

  void acquireSlot(Agent agent) {
    update(agent, () -> agent.acquireSlot(++choices));
  }

  /** Counts a dispatch to the agent. */
  void countDispatch(Agent agent, long now) {
    agent.countDispatch(now);
  }

  void releaseSlot(Agent agent) {
    update(agent, agent::releaseSlot);
  }

  /** Sets the standing of an agent, which lasts until its next heartbeat. */
  void setStanding(Agent agent, Agent.Standing standing) {
    update(agent, () -> agent.setStanding(standing));
  }

  /** Notes that the agent could not reach its upstream server. */
  void onUnreachable(Agent agent, long fairNow) {
    update(agent, () -> agent.onUnreachable(fairNow));
  }

  /** Notes a response of the agent's upstream server. */
  void onResponse(String upstreamTarget, ProcessId id, int statusCode, long fairNow) {
    boolean detectsOutliers = limits.outliers() == OutlierDetection.ON;
    find(upstreamTarget, id)
        .filter(agent -> detectsOutliers || agent.hasFailed())
        .ifPresent(
            agent ->
                update(
                    agent,
                    () -> {
                      agent.onResponse();
                      if (detectsOutliers) {
                        agent.countStatus(statusCode, fairNow);
                      }
                    }));
  }

  /** Notes that the agent rejected a request, whose slot is not released yet. */
  void onRejected(Agent agent) {
    update(agent, agent::onRejected);
  }

  boolean isKnown(Agent agent) {
    return find(agent.target(), agent.id()).orElse(null) == agent;
  }

  /** Forgets the agents that missed their heartbeats, and returns them. */
  Set<Agent> onTick(long fairNow) {
    for (Iterator<Agent> each = notAtRest.iterator(); each.hasNext(); ) {
      Agent agent = each.next();
      agent.onTick();
      if (agent.isAtRest()) {
        each.remove();
      }
    }
    Set<Agent> missing = new HashSet<>();
    while (!byCheck.isEmpty() && byCheck.first().isCheckDue(fairNow)) {
      Agent agent = byCheck.first();
      if (agent.isMissing(fairNow)) {
        forget(agent);
        missing.add(agent);
      } else {
        byCheck.remove(agent);
        agent.postponeCheck();
        byCheck.add(agent);
      }
    }
    forgottenSilent += missing.size();
    return missing;
  }

  /** Returns whether a tick has nothing to do but to find missing agents. */
  boolean areAtRest() {
    return notAtRest.isEmpty();
  }

  int size() {
    return byCheck.size();
  }

  /** Returns the number of agents that were forgotten because they missed their heartbeats. */
  long forgottenSilent() {
    return forgottenSilent;
  }

  /** Returns the number of agents that were forgotten to make room for those of another user. */
  long displaced() {
    return displaced;
  }

  /** Returns the slots that this broker's requests use at all agents together. */
  int outstanding() {
    return byCheck.stream().mapToInt(Agent::outstanding).sum();
  }

  private Optional<Agent> find(String upstreamTarget, ProcessId id) {
    return Optional.ofNullable(targets.get(upstreamTarget)).map(target -> target.agents.get(id));
  }

  /** Returns whether a new agent may be registered. Forgets another one for it if necessary. */
  private boolean makeRoomFor(UpstreamHeartbeat heartbeat) {
    String user = heartbeat.upstreamId().user();
    if (owners.count(user, heartbeat.upstreamTarget()) >= limits.perUserAndTarget()) {
      return false;
    }
    if (size() < limits.total()) {
      return true;
    }
    Optional<Agent> spare = owners.spareFor(user);
    spare.ifPresent(
        agent -> {
          forget(agent);
          displaced++;
        });
    return spare.isPresent();
  }

  private void register(Agent agent) {
    targets.computeIfAbsent(agent.target(), t -> new TargetAgents()).agents.put(agent.id(), agent);
    byCheck.add(agent);
    owners.add(agent);
    update(agent, () -> {});
  }

  private void forget(Agent agent) {
    TargetAgents target = targets.get(agent.target());
    target.removeFromFree(agent);
    target.agents.remove(agent.id());
    if (target.agents.isEmpty()) {
      targets.remove(agent.target());
    }
    byCheck.remove(agent);
    notAtRest.remove(agent);
    owners.remove(agent);
  }

  /** Changes an agent and with it the time of its check. */
  private void updateChecked(Agent agent, Runnable change) {
    byCheck.remove(agent);
    update(agent, change);
    byCheck.add(agent);
  }

  /** Changes an agent, and sorts it again by its rank and free slots. */
  private void update(Agent agent, Runnable change) {
    if (!isKnown(agent)) {
      change.run(); // the agent is forgotten, but a request still refers to it
      return;
    }
    TargetAgents target = targets.get(agent.target());
    target.removeFromFree(agent);
    change.run();
    if (agent.isUsable() && agent.hasFreeSlot()) {
      target.free(agent.rank()).add(agent);
    }
    if (!agent.isAtRest()) {
      notAtRest.add(agent);
    }
    owners.changed(agent);
  }
}
