package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
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
import java.util.random.RandomGenerator;

/**
 * The upstream agents that live, by target, and which of them is next (docs/protocol.md section 4).
 * Liveness is measured on the fair clock.
 *
 * <p>Their number is bounded ({@link AgentLimits}). A choice takes constant time; a heartbeat or a
 * tick takes the logarithm of their number, since they are sorted by when they would be missing.
 */
final class AgentRegistry {

  /** So many heartbeats an agent may miss before it is forgotten. */
  static final int MISSED_HEARTBEATS = 3;

  private static final class Target {
    final Map<ProcessId, Agent> agents = new LinkedHashMap<>();
    final Map<Agent.Rank, FreeAgents> free = new EnumMap<>(Agent.Rank.class);

    Target() {
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

    void noLongerFree(Agent agent) {
      free.values().forEach(agents -> agents.remove(agent));
    }

    /** Returns whether an agent but those is better waited for than one that fails. */
    boolean hasSound(Set<ProcessId> but) {
      return agents.values().stream()
          .anyMatch(agent -> agent.isSound() && !but.contains(agent.id()));
    }
  }

  private final AgentLimits limits;
  private final RandomGenerator random;
  private final Map<String, Target> targets = new HashMap<>();
  private final AgentOwners owners = new AgentOwners();
  private final TreeSet<Agent> byCheck = new TreeSet<>(Agent.BY_CHECK);
  private final Set<Agent> unsettled = new LinkedHashSet<>();
  private long registrations;
  private long choices;
  private long silent;
  private long displaced;

  /**
   * A registry that knows nobody.
   *
   * @param random draws the agents of which one is chosen
   */
  AgentRegistry(AgentLimits limits, RandomGenerator random) {
    this.limits = limits;
    this.random = random;
  }

  /**
   * Registers an agent, or brings what is known of it up to date.
   *
   * @return false if it is new and there is no room for it
   */
  boolean onHeartbeat(UpstreamHeartbeat heartbeat, long fairNow) {
    Optional<Agent> known = find(heartbeat.upstreamTarget(), heartbeat.upstreamId());
    if (known.isPresent()) {
      heard(known.get(), () -> known.get().heard(heartbeat, fairNow));
      if (heartbeat.state() == AgentState.GONE && known.get().outstanding() == 0) {
        forget(known.get());
      }
      return true;
    }
    if (heartbeat.state() == AgentState.GONE) {
      return true;
    }
    if (!hasRoomFor(heartbeat)) {
      return false;
    }
    register(new Agent(heartbeat, ++registrations, fairNow));
    return true;
  }

  /** The agent has said something else: that it lives is all that this tells. */
  void onSignOfLife(String upstreamTarget, ProcessId id, long fairNow) {
    find(upstreamTarget, id).ifPresent(agent -> agent.lives(fairNow));
  }

  /**
   * Returns an agent with a free slot, but none of those ({@link FreeAgents}). One that has failed
   * only if no other is there, not even a full one.
   */
  Optional<Agent> choose(String upstreamTarget, Set<ProcessId> but) {
    Target target = targets.get(upstreamTarget);
    if (target == null) {
      return Optional.empty();
    }
    return target
        .free(Agent.Rank.FIRST)
        .choose(but, random)
        .or(() -> target.free(Agent.Rank.OUTLIER).choose(but, random))
        .or(() -> lastChoice(target, but));
  }

  private Optional<Agent> lastChoice(Target target, Set<ProcessId> but) {
    FreeAgents failing = target.free(Agent.Rank.FAILING);
    return failing.isEmpty() || target.hasSound(but)
        ? Optional.empty()
        : failing.choose(but, random);
  }

  /** Returns whether an agent for the target has a free slot, if only a failing one. */
  boolean hasFree(String upstreamTarget) {
    Target target = targets.get(upstreamTarget);
    return target != null && target.hasFree();
  }

  /** Returns whether {@link #choose} has an agent for the request. */
  boolean canServe(InFlight request) {
    Target target = targets.get(request.target());
    Set<ProcessId> but = request.unreachableFrom();
    return target != null
        && (target.free(Agent.Rank.FIRST).hasOther(but)
            || target.free(Agent.Rank.OUTLIER).hasOther(but)
            || (target.free(Agent.Rank.FAILING).hasOther(but) && !target.hasSound(but)));
  }

  /** Whether an agent but those may still take requests for the target, now or later. */
  boolean hasLive(String upstreamTarget, Set<ProcessId> but) {
    Target target = targets.get(upstreamTarget);
    return target != null
        && target.agents.values().stream()
            .anyMatch(agent -> agent.isLive() && !but.contains(agent.id()));
  }

  /** Returns whether another target has an agent. */
  boolean hasOtherTargets(String upstreamTarget) {
    return targets.size() > (targets.containsKey(upstreamTarget) ? 1 : 0);
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

  /** It did not reach its upstream server. */
  void failed(Agent agent, long fairNow) {
    change(agent, () -> agent.failed(fairNow));
  }

  /** Its upstream server has answered. */
  void onAnswer(String upstreamTarget, ProcessId id, int statusCode, long fairNow) {
    boolean judges = limits.outliers() == OutlierDetection.ON;
    find(upstreamTarget, id)
        .filter(agent -> judges || agent.hasFailed())
        .ifPresent(
            agent ->
                change(
                    agent,
                    () -> {
                      agent.answered();
                      if (judges) {
                        agent.judged(statusCode, fairNow);
                      }
                    }));
  }

  /** It has rejected a request that we still count there: it is full. */
  void rejected(Agent agent) {
    change(agent, agent::rejected);
  }

  boolean isKnown(Agent agent) {
    return find(agent.target(), agent.id()).orElse(null) == agent;
  }

  /** Time has passed: forgets the agents that stay away, and says who they were. */
  Set<Agent> onTick(long fairNow) {
    for (Iterator<Agent> each = unsettled.iterator(); each.hasNext(); ) {
      Agent agent = each.next();
      agent.onTick();
      if (agent.isAtRest()) {
        each.remove();
      }
    }
    Set<Agent> missing = new HashSet<>();
    while (!byCheck.isEmpty() && byCheck.first().isToBeChecked(fairNow)) {
      Agent agent = byCheck.first();
      if (agent.isMissing(fairNow)) {
        forget(agent);
        missing.add(agent);
      } else {
        byCheck.remove(agent);
        agent.checkLater();
        byCheck.add(agent);
      }
    }
    silent += missing.size();
    return missing;
  }

  /** Whether more ticks would only tell who stays away. */
  boolean areAtRest() {
    return unsettled.isEmpty();
  }

  int size() {
    return byCheck.size();
  }

  /** Number of agents that were forgotten because their heartbeats stayed away. */
  long silent() {
    return silent;
  }

  /** Number of agents that had to make room for those of users with fewer. */
  long displaced() {
    return displaced;
  }

  /** Slots that this broker holds at all agents together. */
  int outstanding() {
    return byCheck.stream().mapToInt(Agent::outstanding).sum();
  }

  private Optional<Agent> find(String upstreamTarget, ProcessId id) {
    return Optional.ofNullable(targets.get(upstreamTarget)).map(target -> target.agents.get(id));
  }

  /** Makes room if need be. */
  private boolean hasRoomFor(UpstreamHeartbeat heartbeat) {
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
    targets.computeIfAbsent(agent.target(), t -> new Target()).agents.put(agent.id(), agent);
    byCheck.add(agent);
    owners.add(agent);
    change(agent, () -> {});
  }

  private void forget(Agent agent) {
    Target target = targets.get(agent.target());
    target.noLongerFree(agent);
    target.agents.remove(agent.id());
    if (target.agents.isEmpty()) {
      targets.remove(agent.target());
    }
    byCheck.remove(agent);
    unsettled.remove(agent);
    owners.remove(agent);
  }

  private void heard(Agent agent, Runnable change) {
    byCheck.remove(agent);
    change(agent, change);
    byCheck.add(agent);
  }

  /** Its rank may change, and whether it has a free slot. */
  private void change(Agent agent, Runnable change) {
    if (!isKnown(agent)) {
      change.run(); // forgotten, but a request still counts there
      return;
    }
    Target target = targets.get(agent.target());
    target.noLongerFree(agent);
    change.run();
    if (agent.isUsable() && agent.hasFreeSlot()) {
      target.free(agent.rank()).add(agent);
    }
    if (!agent.isAtRest()) {
      unsettled.add(agent);
    }
    owners.changed(agent);
  }
}
