package io.github.httplongcut.broker.core;

import java.util.List;

/**
 * Snapshot of a broker for operators. Immutable.
 *
 * @param takenAt {@code nanoTime}
 * @param targets all targets with an agent, with requests, or remembered; in no order
 * @param agents at most {@link StatusReporter#MAX_AGENTS} upstream agents, in no order
 * @param moreAgents upstream agents left out
 * @param clients the client agents that sent a request last, the latest one last
 */
public record StatusSnapshot(
    long takenAt,
    RouterStats.RequestCounts requests,
    List<TargetStatus> targets,
    List<AgentStatus> agents,
    int moreAgents,
    List<ClientStatus> clients) {}
