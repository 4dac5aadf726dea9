package io.github.httplongcut.broker.core;

import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Makes the {@link StatusSnapshot}. Takes time in proportion to the number of agents. */
final class StatusReporter {

  /** Agents in a snapshot, at most. Those that are not well come first. */
  static final int MAX_AGENTS = 2_000;

  private final AgentRegistry agents;
  private final RequestTable table;
  private final KnownParties parties;
  private final FairClock fair;
  private OptionalLong startedAt = OptionalLong.empty();

  StatusReporter(AgentRegistry agents, RequestTable table, KnownParties parties, FairClock fair) {
    this.agents = agents;
    this.table = table;
    this.parties = parties;
    this.fair = fair;
  }

  /** Makes a snapshot. Also notes the targets that have lost their last agent. */
  StatusSnapshot report(long now) {
    if (startedAt.isEmpty()) {
      startedAt = OptionalLong.of(now);
    }
    Map<String, KnownTargets.Memo> memos = parties.targets().all(now);
    List<TargetStatus> targets = new ArrayList<>();
    agents.forEachTarget(
        (name, ofTarget) -> targets.add(status(name, ofTarget, memos.remove(name), now)));
    memos.forEach((name, memo) -> targets.add(status(name, List.of(), memo, now)));
    List<AgentStatus> shown = agentStatuses(now);
    return new StatusSnapshot(
        now,
        table.requestCounts(),
        List.copyOf(targets),
        shown,
        agents.size() - shown.size(),
        parties.clients().all(now),
        recent(now));
  }

  private StatusSnapshot.Recent recent(long now) {
    long nanos = Math.min(TrafficMeter.rateNanos(now), now - startedAt.getAsLong());
    List<FlowReport> flows = new ArrayList<>();
    agents.forEachTarget(
        (name, ofTarget) -> {
          for (Agent agent : ofTarget) {
            int dispatches = agent.recentDispatches(now);
            if (dispatches > 0) {
              flows.add(new FlowReport(agent.id(), name, dispatches));
            }
          }
        });
    return new StatusSnapshot.Recent(nanos, parties.traffic().recent(now), List.copyOf(flows));
  }

  /**
   * @param memo null if the target is not remembered: more targets have agents than are remembered
   */
  private TargetStatus status(
      String name, Collection<Agent> ofTarget, KnownTargets.Memo memo, long now) {
    TargetStatus.Agents numbers = numbersOf(ofTarget);
    KnownTargets.Memo known = memo == null ? new KnownTargets.Memo() : memo;
    int inFlight = ofTarget.stream().mapToInt(Agent::outstanding).sum();
    return new TargetStatus(
        name,
        numbers,
        new TargetStatus.Requests(
            inFlight, table.waitingRoom().size(name), known.answered(), known.failed()),
        new TargetStatus.Recent(known.traffic().recent(now), known.traffic().failures(now)),
        known.withoutAgentSince(numbers.live() > 0, now),
        known.lastAgent());
  }

  private static TargetStatus.Agents numbersOf(Collection<Agent> agents) {
    int live = 0;
    int healthy = 0;
    int capacity = 0;
    int free = 0;
    int freeOfFailing = 0;
    String trouble = "";
    Map<TargetStatus.AgentKind, Integer> byKind = new EnumMap<>(TargetStatus.AgentKind.class);
    for (Agent agent : agents) {
      byKind.merge(agent.kind(), 1, Integer::sum);
      if (agent.isLive()) {
        live++;
        capacity += agent.capacity();
      }
      if (agent.isHealthy()) {
        healthy++;
        free += agent.freeSlots();
      } else if (agent.isUsable()) {
        freeOfFailing += agent.freeSlots();
      }
      if (trouble.isEmpty() && !agent.explanation().isEmpty()) {
        trouble = agent.id() + ": " + agent.explanation();
      }
    }
    // A failing agent gets no request while the target has a healthy one.
    return new TargetStatus.Agents(
        agents.size(),
        live,
        healthy,
        capacity,
        healthy > 0 ? free : freeOfFailing,
        trouble,
        TargetStatus.AgentCounts.of(byKind));
  }

  private List<AgentStatus> agentStatuses(long now) {
    List<AgentStatus> statuses = new ArrayList<>();
    List<Agent> well = new ArrayList<>();
    agents.forEachTarget(
        (name, ofTarget) -> {
          for (Agent agent : ofTarget) {
            if (agent.explanation().isEmpty()) {
              well.add(agent);
            } else if (statuses.size() < MAX_AGENTS) {
              statuses.add(agent.status(fair.at(now)));
            }
          }
        });
    for (int i = 0; i < well.size() && statuses.size() < MAX_AGENTS; i++) {
      statuses.add(well.get(i).status(fair.at(now)));
    }
    return List.copyOf(statuses);
  }
}
