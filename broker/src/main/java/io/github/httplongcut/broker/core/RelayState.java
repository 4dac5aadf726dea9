package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The relay as all brokers together see it. Immutable.
 *
 * @param takenAt {@code nanoTime}
 * @param own snapshot of this broker
 * @param targets all targets, by name
 * @param total the numbers of all targets together
 * @param clients client agents, those with the latest request first
 * @param flows requests between two processes, the busiest first
 * @param agentRates rates of the upstream agents that got requests
 * @param omitted least number of entries that are missing, since brokers left them out
 */
public record RelayState(
    long takenAt,
    StatusSnapshot own,
    List<KnownBroker> brokers,
    List<RelayTarget> targets,
    RelayTraffic total,
    List<RelayClient> clients,
    List<RelayFlow> flows,
    Map<AgentOfTarget, Double> agentRates,
    OmittedReports omitted) {

  /** Key of an upstream agent for one target. */
  public record AgentOfTarget(ProcessId id, String target) {}

  /**
   * Requests of the last 10 s.
   *
   * @param rate requests received, per second
   * @param failedRate requests that ended with an error of the relay, per second
   * @param p50Millis median time of the requests that an agent got; empty without any
   */
  public record RelayTraffic(
      int inFlight,
      int waiting,
      double rate,
      double failedRate,
      OptionalDouble p50Millis,
      OptionalDouble p99Millis) {}

  /**
   * Target.
   *
   * @param reason one sentence; empty if the state is {@code ok}
   * @param agents the agents as this broker sees them
   * @param failures requests of the last 15 minutes that failed, by error code
   */
  public record RelayTarget(
      String name,
      String state,
      String reason,
      boolean served,
      TargetStatus.Agents agents,
      RelayTraffic traffic,
      long answered,
      long failed,
      Map<String, Long> failures) {}

  /**
   * Client agent.
   *
   * @param version its release; empty if it is unknown
   */
  public record RelayClient(
      ProcessId id, String version, long lastRequestMillis, long requests, double rate) {}

  /**
   * Requests from one process to another.
   *
   * @param target empty for requests of a client agent
   * @param rate per second
   */
  public record RelayFlow(ProcessId from, ProcessId to, String target, double rate) {}
}
