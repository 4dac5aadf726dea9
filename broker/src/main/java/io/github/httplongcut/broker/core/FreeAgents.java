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
 * Agents with a free slot, of which one is chosen at random, but rather one with a small share in
 * use: of two that are drawn, the one with the smaller share. All brokers hear the same heartbeats.
 * If each chose the agent with the smallest share, all would choose the same one at the same
 * moment.
 *
 * <p>Every method takes constant time.
 */
final class FreeAgents {

  private final List<Agent> agents = new ArrayList<>();
  private final Map<Agent, Integer> places = new HashMap<>();

  void add(Agent agent) {
    if (places.putIfAbsent(agent, agents.size()) == null) {
      agents.add(agent);
    }
  }

  void remove(Agent agent) {
    Integer place = places.remove(agent);
    if (place == null) {
      return;
    }
    Agent last = agents.remove(agents.size() - 1);
    if (last != agent) {
      agents.set(place, last);
      places.put(last, place);
    }
  }

  boolean isEmpty() {
    return agents.isEmpty();
  }

  /** Returns whether there is one but those. */
  boolean hasOther(Set<ProcessId> but) {
    return but.isEmpty()
        ? !agents.isEmpty()
        : agents.stream().anyMatch(agent -> !but.contains(agent.id()));
  }

  /**
   * Returns one of them, unless there is none but those.
   *
   * @param but few agents
   */
  Optional<Agent> choose(Set<ProcessId> but, RandomGenerator random) {
    Agent one = draw(but, random);
    Agent other =
        draw(but, random); // the same one at times, or two agents would be told in advance
    if (one == null) {
      return Optional.empty();
    }
    return Optional.of(Agent.BY_SHARE.compare(other, one) < 0 ? other : one);
  }

  private Agent draw(Set<ProcessId> but, RandomGenerator random) {
    int size = agents.size();
    int from = size > 1 ? random.nextInt(size) : 0;
    for (int i = 0; i < size; i++) {
      Agent agent = agents.get((from + i) % size);
      if (!but.contains(agent.id())) {
        return agent;
      }
    }
    return null;
  }
}
