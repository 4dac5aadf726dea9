package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
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
    List<ClientStatus> clients,
    Recent recent) {

  /**
   * Recent requests.
   *
   * @param nanos the time that the numbers of recent requests cover
   * @param traffic requests for all targets
   * @param flows dispatches to agents, those without any left out, in no order
   */
  public record Recent(long nanos, TrafficReport traffic, List<FlowReport> flows) {

    /** No requests. */
    public static final Recent NONE = new Recent(1, TrafficReport.NONE, List.of());
  }
}
