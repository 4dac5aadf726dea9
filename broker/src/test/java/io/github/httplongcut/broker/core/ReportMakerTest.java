package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.LatencyCounts;
import io.github.httplongcut.protocol.LatencyScale;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.WireLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportMakerTest {

  private static final ProcessId BROKER = new ProcessId("broker", "b-aaaaaa");
  private static final String LONG = "n".repeat(56);

  @Test
  void smallReportIsWhole() {
    BrokerReport whole =
        Reports.of("ok", List.of(target("orders", "ok", true, 1)), List.of(), List.of());

    assertThat(ReportMaker.cut(whole)).isEqualTo(whole);
  }

  @Test
  void largestReportFitsOneMessage() {
    List<TargetReport> targets = new ArrayList<>();
    List<ClientReport> clients = new ArrayList<>();
    List<FlowReport> flows = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      targets.add(target(LONG + i, "failing", true, 1_000_000 + i));
      clients.add(
          new ClientReport(
              ProcessId.create(LONG, LONG),
              LONG,
              Long.MAX_VALUE,
              Long.MAX_VALUE,
              Integer.MAX_VALUE));
      flows.add(new FlowReport(ProcessId.create(LONG, LONG), LONG + i, Integer.MAX_VALUE));
    }

    BrokerReport cut = ReportMaker.cut(Reports.of("ok", targets, clients, flows));

    assertThat(EventCodec.encode(new BrokerStatus(BROKER, "v".repeat(64), cut)))
        .hasSizeLessThanOrEqualTo(WireLimits.STATUS_BYTES)
        .hasSizeGreaterThan(WireLimits.STATUS_BYTES * 3 / 4);
    assertThat(cut.omitted().targets()).isEqualTo(2_000 - cut.targets().size());
    assertThat(cut.omitted().clients()).isEqualTo(2_000 - cut.clients().size());
    assertThat(cut.omitted().flows()).isEqualTo(2_000 - cut.flows().size());
  }

  @Test
  void targetsThatAreNotWellComeFirstThenTheBusiest() {
    BrokerReport cut =
        ReportMaker.cut(
            Reports.of(
                "ok",
                List.of(
                    target("made-up", "no_agent", false, 900),
                    target("quiet", "ok", true, 0),
                    target("busy", "ok", true, 500),
                    target("failing", "failing", true, 1)),
                List.of(),
                List.of()));

    assertThat(cut.targets())
        .extracting(TargetReport::name)
        .containsExactly("failing", "busy", "quiet", "made-up");
  }

  @Test
  void madeUpNamesPushOutNoServedTarget() {
    List<TargetReport> targets = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      targets.add(target(LONG + i, "no_agent", false, 1_000));
    }
    targets.add(target("orders", "ok", true, 0));

    assertThat(ReportMaker.cut(Reports.of("ok", targets, List.of(), List.of())).targets().get(0))
        .extracting(TargetReport::name)
        .isEqualTo("orders");
  }

  private static TargetReport target(String name, String state, boolean served, int requests) {
    int[] counts = new int[LatencyScale.BUCKETS];
    Arrays.fill(counts, 0, Math.min(30, requests), requests);
    return new TargetReport(
        name,
        state,
        state.equals("ok") ? "" : "\"".repeat(200),
        served,
        new TargetCounts(1, 1, Integer.MAX_VALUE, Integer.MAX_VALUE),
        new TrafficReport(requests, requests, LatencyCounts.of(counts)),
        Map.of("no_upstream_agent", 1_000_000));
  }
}
