package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import java.util.List;
import java.util.Map;

/**
 * State of a broker whose loop hangs, for its own pages. Names and sums stay as in the last
 * snapshot. The broker knows no present numbers of requests, no states of targets, and no agents.
 */
public final class HangingLoop {

  /** Reason of the states of the broker and its targets. */
  public static final String REASON = "the broker's loop hangs";

  /** State of a target that no broker knows. */
  static final String UNKNOWN = "unknown";

  private HangingLoop() {}

  /**
   * Returns what is left of the last snapshot. Its upstream agents count as left out.
   *
   * @param now {@code nanoTime}
   */
  public static StatusSnapshot snapshot(StatusSnapshot last, long now) {
    return new StatusSnapshot(
        now,
        new RouterStats.RequestCounts(0, 0, 0, 0),
        List.of(),
        List.of(),
        last.agents().size() + last.moreAgents(),
        last.clients().stream().map(HangingLoop::idle).toList(),
        StatusSnapshot.Recent.NONE);
  }

  /**
   * Returns the report, in which the last snapshot's targets have the state {@value #UNKNOWN}.
   *
   * @param now {@code nanoTime}
   */
  public static BrokerReport report(StatusSnapshot last, BrokerHealth health, long now) {
    BrokerReport rest = ReportMaker.of(snapshot(last, now), health, target -> REASON);
    return new BrokerReport(
        rest.health(),
        rest.load(),
        rest.windowMillis(),
        rest.traffic(),
        last.targets().stream().map(HangingLoop::unknown).toList(),
        rest.clients(),
        rest.flows(),
        rest.omitted());
  }

  private static TargetReport unknown(TargetStatus target) {
    return new TargetReport(
        target.name(),
        UNKNOWN,
        REASON,
        target.served(),
        new TargetCounts(0, 0, target.requests().answered(), target.requests().failed()),
        TrafficReport.NONE,
        Map.of());
  }

  private static ClientStatus idle(ClientStatus client) {
    return new ClientStatus(
        client.id(), client.version(), client.lastRequestAt(), client.requests(), 0);
  }
}
