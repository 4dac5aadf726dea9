package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Agents with a free slot. {@link #choose} draws two at random and returns the one with the smaller
 * share in use. It does not return the smallest share of all, since all brokers receive the same
 * heartbeats: they would all choose the same agent at the same moment.
 *
 * <p>Every method takes constant time, given few excluded agents.
 */
final class FreeAgents {

  private final List<Agent> agents = new ArrayList<>();
  private final Map<Agent, Integer> indexes = new HashMap<>();

  void add(Agent agent) {
    if (indexes.putIfAbsent(agent, agents.size()) == null) {
      agents.add(agent);
    }
  }

  void remove(Agent agent) {
    Integer index = indexes.remove(agent);
    if (index == null) {
      return;
    }
    Agent last = agents.remove(agents.size() - 1);
    if (last != agent) {
      agents.set(index, last);
      indexes.put(last, index);
    }
  }

  boolean isEmpty() {
    return agents.isEmpty();
  }

  /** Returns whether there is an agent outside {@code excluded}. */
  boolean hasOtherThan(Set<ProcessId> excluded) {
    return excluded.isEmpty()
        ? !agents.isEmpty()
        : agents.stream().anyMatch(agent -> !excluded.contains(agent.id()));
  }

  /**
   * Returns one of the agents outside {@code excluded}, or empty if there is none.
   *
   * @param excluded only few agents
   */
  Optional<Agent> choose(Set<ProcessId> excluded, RandomGenerator random) {
    Agent first = draw(excluded, random);
    // May draw the same agent again. Otherwise, of only two agents the one with the smaller share
    // would always be chosen, by all brokers at the same moment.
    Agent second = draw(excluded, random);
    if (first == null) {
      return Optional.empty();
    }
    return Optional.of(Agent.BY_SHARE.compare(second, first) < 0 ? second : first);
  }

  private Agent draw(Set<ProcessId> excluded, RandomGenerator random) {
    int size = agents.size();
    int from = size > 1 ? random.nextInt(size) : 0;
    for (int i = 0; i < size; i++) {
      Agent agent = agents.get((from + i) % size);
      if (!excluded.contains(agent.id())) {
        return agent;
      }
    }
    return null;
  }
}
