package io.github.httplongcut.protocol;

import io.github.httplongcut.logging.LogText;
import java.util.List;
import java.util.Map;

/**
 * Report of a broker about itself, in a {@code broker_status} (protocol section 2). Immutable. No
 * process decides anything by it but what a page shows.
 *
 * @param windowMillis the time that the numbers of recent requests cover, 10 s at most
 * @param traffic recent requests for all targets, also for those that are left out
 * @param targets the most important targets first
 * @param clients client agents with the most recent requests first
 * @param flows upstream agents with the most recent requests first
 */
public record BrokerReport(
    BrokerHealth health,
    BrokerLoad load,
    long windowMillis,
    TrafficReport traffic,
    List<TargetReport> targets,
    List<ClientReport> clients,
    List<FlowReport> flows,
    OmittedReports omitted) {

  public BrokerReport {
    targets = List.copyOf(targets);
    clients = List.copyOf(clients);
    flows = List.copyOf(flows);
  }

  /**
   * State of the broker.
   *
   * @param state {@code ok}, {@code full}, {@code starting}, {@code down} or {@code draining}
   * @param reason one sentence; empty if the state is {@code ok}
   * @param rabbitMq {@code up}, {@code blocked} or {@code down}
   * @param intake state of the consumption of requests
   */
  public record BrokerHealth(
      String state, String reason, String rabbitMq, String intake, long uptimeMillis) {

    public BrokerHealth {
      reason = LogText.plain(reason, WireLimits.STATUS_REASON_CHARS);
    }
  }

  /** Requests that the broker holds, by stage. */
  public record BrokerLoad(int waiting, int settling, int dispatched, int running) {}

  /**
   * Recent requests.
   *
   * @param requests requests received
   * @param failed requests that ended with an error of the relay
   * @param latency times of the requests that an agent got and that ended
   */
  public record TrafficReport(int requests, int failed, LatencyCounts latency) {

    /** No requests. */
    public static final TrafficReport NONE = new TrafficReport(0, 0, LatencyCounts.NONE);
  }

  /**
   * Upstream target.
   *
   * @param state {@code ok}, {@code full}, {@code failing} or {@code no_agent}
   * @param reason one sentence; empty if the state is {@code ok}
   * @param served true if the broker knows or remembers an agent of the target
   * @param traffic recent requests
   * @param failures requests of the last 15 minutes that failed, by error code
   */
  public record TargetReport(
      String name,
      String state,
      String reason,
      boolean served,
      TargetCounts counts,
      TrafficReport traffic,
      Map<String, Integer> failures) {

    public TargetReport {
      reason = LogText.plain(reason, WireLimits.STATUS_REASON_CHARS);
      failures = Map.copyOf(failures);
    }
  }

  /**
   * Requests for a target.
   *
   * @param answered requests that a server has answered, since the broker remembers the target
   * @param failed requests that ended with an error of the relay
   */
  public record TargetCounts(int inFlight, int waiting, long answered, long failed) {}

  /**
   * Client agent.
   *
   * @param version its release; empty if it is unknown
   * @param lastRequestMillis time since its last request
   * @param total requests since the broker knows it
   * @param requests recent requests
   */
  public record ClientReport(
      ProcessId id, String version, long lastRequestMillis, long total, int requests) {

    public ClientReport {
      version = LogText.plain(version, Names.MAX_CHARS);
    }
  }

  /**
   * Recent dispatches to an upstream agent for a target.
   *
   * @param requests dispatches, each attempt counted
   */
  public record FlowReport(ProcessId upstreamId, String target, int requests) {}

  /** Numbers of entries that are left out. */
  public record OmittedReports(int targets, int clients, int flows) {}
}
