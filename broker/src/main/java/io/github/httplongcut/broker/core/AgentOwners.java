package io.github.httplongcut.broker.core;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The known agents by RabbitMQ user. Counts each user's agents, and selects the agent to forget
 * when there are too many. Every method takes constant time, or logarithmic time in the number of
 * users.
 */
final class AgentOwners {

  private static final class Owner {
    final String user;
    final Map<String, Integer> byTarget = new HashMap<>();

    /** Agents without a request of this broker, the one with the oldest update first. */
    final Set<Agent> idle = new LinkedHashSet<>();

    int agents;

    Owner(String user) {
      this.user = user;
    }
  }

  private static final Comparator<Owner> MOST_AGENTS_FIRST =
      Comparator.<Owner>comparingInt(owner -> owner.agents)
          .reversed()
          .thenComparing(owner -> owner.user);

  private final Map<String, Owner> owners = new HashMap<>();
  private final TreeSet<Owner> ranking = new TreeSet<>(MOST_AGENTS_FIRST);

  void add(Agent agent) {
    Owner owner = owners.computeIfAbsent(agent.id().user(), Owner::new);
    owner.byTarget.merge(agent.target(), 1, Integer::sum);
    count(owner, 1);
    changed(agent);
  }

  void remove(Agent agent) {
    Owner owner = owners.get(agent.id().user());
    owner.idle.remove(agent);
    owner.byTarget.computeIfPresent(agent.target(), (target, n) -> n == 1 ? null : n - 1);
    count(owner, -1);
    if (owner.agents == 0) {
      owners.remove(owner.user);
    }
  }

  /** Notes a heartbeat of the agent, or a change of its slots in use. */
  void changed(Agent agent) {
    Set<Agent> idle = owners.get(agent.id().user()).idle;
    idle.remove(agent);
    if (agent.outstanding() == 0) {
      idle.add(agent);
    }
  }

  /** Returns the number of agents that the user has for the target. */
  int count(String user, String target) {
    Owner owner = owners.get(user);
    return owner == null ? 0 : owner.byTarget.getOrDefault(target, 0);
  }

  /**
   * Returns the agent to forget, so that {@code user} can have a new one. It belongs to the user
   * with the most agents, and has no request of this broker. Empty if there is no such agent, or if
   * its user would then have fewer agents than {@code user}. Without this rule, two users with
   * equally many agents would displace each other's agents in turn.
   */
  Optional<Agent> spareFor(String user) {
    if (ranking.isEmpty()) {
      return Optional.empty();
    }
    Owner largest = ranking.first();
    Owner newcomer = owners.get(user);
    int afterwards = newcomer == null ? 1 : newcomer.agents + 1;
    if (largest.agents <= afterwards || largest.idle.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(largest.idle.iterator().next());
  }

  /** Changes the owner's count. A sorted element must be removed before it changes. */
  private void count(Owner owner, int change) {
    ranking.remove(owner);
    owner.agents += change;
    if (owner.agents > 0) {
      ranking.add(owner);
    }
  }
}
