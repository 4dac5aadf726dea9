package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One target in the reports of several brokers. Its state is the worst that a broker reports that
 * takes requests. Among equally bad ones this broker's reason counts, unless only another broker
 * remembers the target's last agent.
 */
final class TargetMerge {

  /** States in words, the best first. */
  private static final List<String> STATES =
      List.of(
          ReportMaker.name(TargetStatus.State.OK),
          ReportMaker.name(TargetStatus.State.FULL),
          ReportMaker.name(TargetStatus.State.FAILING),
          ReportMaker.name(TargetStatus.State.NO_AGENT));

  private static final String STARTING = "starting";
  private static final String DOWN = "down";

  private final String name;
  private final TrafficMerge traffic = new TrafficMerge();
  private final Map<String, Long> failures = new TreeMap<>();
  private long answered;
  private long failed;
  private boolean served;
  private KnownBroker worstBroker;
  private TargetReport worst;

  TargetMerge(String name) {
    this.name = name;
  }

  /** Adds the report of a broker; that of this broker must come first. */
  void add(KnownBroker broker, TargetReport report, double perSecond) {
    traffic.add(report.traffic(), perSecond);
    traffic.addHeld(report.counts().inFlight(), report.counts().waiting());
    report.failures().forEach((code, count) -> failures.merge(code, (long) count, Long::sum));
    answered += report.counts().answered();
    failed += report.counts().failed();
    served |= report.served();
    if (worst == null || isWorse(broker, report)) {
      worst = report;
      worstBroker = broker;
    }
  }

  private boolean isWorse(KnownBroker broker, TargetReport report) {
    boolean counts = hearsAgents(broker);
    boolean countsBefore = hearsAgents(worstBroker);
    if (counts != countsBefore) {
      return counts;
    }
    int difference = badness(report) - badness(worst);
    return difference > 0 || (difference == 0 && report.served() && !worst.served());
  }

  /** Returns whether the broker knows the agents. One that has just started does not. */
  private static boolean hearsAgents(KnownBroker broker) {
    String state = broker.status().report().health().state();
    return !state.equals(STARTING) && !state.equals(DOWN);
  }

  /** Returns a number that is larger for worse states; 0 for an unknown state. */
  private static int badness(TargetReport report) {
    return Math.max(0, STATES.indexOf(report.state()));
  }

  /** Returns the state; {@code ok} for a state of a newer version. */
  private static String stateOf(TargetReport report) {
    boolean unknown = report.state().equals(HangingLoop.UNKNOWN);
    return unknown ? HangingLoop.UNKNOWN : STATES.get(badness(report));
  }

  /**
   * @param seen the target as this broker sees it; null if this broker does not know it
   */
  RelayTarget result(TargetStatus seen) {
    String reason =
        worst.reason().isEmpty() || worstBroker.own()
            ? worst.reason()
            : worstBroker.status().brokerId().name() + ": " + worst.reason();
    return new RelayTarget(
        name,
        stateOf(worst),
        reason,
        served,
        seen == null ? TargetStatus.Agents.NONE : seen.agents(),
        traffic.result(),
        answered,
        failed,
        failures);
  }
}
