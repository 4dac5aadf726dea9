package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.BrokerLoad;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.LatencyCounts;
import io.github.httplongcut.protocol.LatencyScale;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Reports of made-up brokers, which cover ten seconds. */
public final class Reports {

  private static final OmittedReports NOTHING = new OmittedReports(0, 0, 0);

  private Reports() {}

  /** Returns a report of a broker without any target. */
  public static BrokerReport of(String state) {
    return of(state, List.of(), List.of(), List.of());
  }

  static BrokerReport of(
      String state,
      List<TargetReport> targets,
      List<ClientReport> clients,
      List<FlowReport> flows) {
    return new BrokerReport(
        new BrokerHealth(state, "", "up", "open", 1),
        new BrokerLoad(1, 0, 0, 2),
        10_000,
        TrafficReport.NONE,
        targets,
        clients,
        flows,
        NOTHING);
  }

  /** Returns a target with one request in flight and two waiting. */
  static TargetReport target(String name, String state, String reason, TrafficReport traffic) {
    return new TargetReport(
        name,
        state,
        reason,
        true,
        new TargetCounts(1, 2, 10, 3),
        traffic,
        Map.of("upstream_timeout", 3));
  }

  /** Returns requests that all took the same time. */
  static TrafficReport traffic(int requests, int failed, long millis) {
    int[] counts = new int[LatencyScale.BUCKETS];
    counts[LatencyScale.bucketOf(TimeUnit.MILLISECONDS.toNanos(millis))] = requests;
    return new TrafficReport(requests, failed, LatencyCounts.of(counts));
  }
}
