package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.Reports.target;
import static io.github.httplongcut.broker.core.Reports.traffic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.broker.core.RelayState.AgentOfTarget;
import io.github.httplongcut.broker.core.RelayState.RelayClient;
import io.github.httplongcut.broker.core.RelayState.RelayFlow;
import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RelayMergeTest {

  private static final ProcessId OWN = new ProcessId("broker", "one-aaaaaa");
  private static final ProcessId OTHER = new ProcessId("broker", "two-aaaaaa");
  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final StatusSnapshot SNAPSHOT =
      new StatusSnapshot(
          0,
          new RouterStats.RequestCounts(0, 0, 0, 0),
          List.of(),
          List.of(),
          0,
          List.of(),
          StatusSnapshot.Recent.NONE);
  private static final String NONE = "no upstream agent: this broker has seen none for this target";

  @Test
  void requestsAreAddedUp() {
    RelayState state =
        merge(
            own("ok", target("orders", "ok", "", traffic(98, 0, 2))),
            other("ok", target("orders", "ok", "", traffic(2, 1, 900))));

    RelayTarget orders = state.targets().get(0);
    assertThat(orders.traffic().rate()).isCloseTo(10, within(1e-9));
    assertThat(orders.traffic().failedRate()).isCloseTo(0.1, within(1e-9));
    assertThat(orders.traffic().p50Millis().orElseThrow()).isCloseTo(2, within(0.3));
    assertThat(orders.traffic().p99Millis().orElseThrow()).isCloseTo(900, within(120.0));
    assertThat(orders.traffic().inFlight()).isEqualTo(2);
    assertThat(orders.traffic().waiting()).isEqualTo(4);
    assertThat(orders.answered()).isEqualTo(20);
    assertThat(orders.failed()).isEqualTo(6);
    assertThat(orders.failures()).containsEntry("upstream_timeout", 6L);
    assertThat(state.total().inFlight()).isEqualTo(4);
  }

  @Test
  void worstStateCountsWithItsReason() {
    RelayTarget orders =
        orders(
            own("ok", idle("ok", "")), other("ok", idle("failing", "its agent does not serve it")));

    assertThat(orders.state()).isEqualTo("failing");
    assertThat(orders.reason()).isEqualTo("two: its agent does not serve it");
  }

  @Test
  void ownReasonCountsAmongEqualStates() {
    RelayTarget orders =
        orders(own("ok", idle("no_agent", "mine")), other("ok", idle("no_agent", "theirs")));

    assertThat(orders.reason()).isEqualTo("mine");
  }

  @Test
  void reasonOfTheBrokerThatRemembersTheLastAgentCounts() {
    String last = "no upstream agent since 14:02:11Z; the last was plant.plant-1-x2m4cd";
    RelayTarget orders = orders(own("ok", neverServed()), other("ok", idle("no_agent", last)));

    assertThat(orders.served()).isTrue();
    assertThat(orders.reason()).isEqualTo("two: " + last);
  }

  @Test
  void brokerThatHasJustStartedSaysNothingAboutTargets() {
    assertThat(orders(own("ok", idle("ok", "")), other("starting", neverServed())).state())
        .isEqualTo("ok");
    assertThat(orders(own("down", neverServed()), other("ok", idle("ok", ""))).state())
        .isEqualTo("ok");
    assertThat(orders(own("starting", neverServed())).reason()).isEqualTo(NONE);
  }

  @Test
  void silentBrokerCountsForNothing() {
    KnownBroker silent =
        new KnownBroker(
            new BrokerStatus(
                OTHER, "1", report("ok", target("orders", "ok", "", traffic(50, 0, 2)))),
            false,
            KnownBrokers.SILENT_AFTER.toNanos());
    RelayState state = merge(own("ok", idle("ok", "")), silent);

    assertThat(state.brokers()).hasSize(2);
    assertThat(state.targets().get(0).traffic().rate()).isZero();
    assertThat(state.targets().get(0).traffic().p50Millis()).isEmpty();
  }

  @Test
  void releaseOfAClientIsTheLatestThatIsKnown() {
    ClientReport known = new ClientReport(CLIENT, "0.0.9", 500, 7, 20);
    ClientReport ofOlderBroker = new ClientReport(CLIENT, "", 100, 3, 0);
    RelayState state =
        merge(
            new KnownBroker(
                new BrokerStatus(OWN, "1", Reports.of("ok", List.of(), List.of(known), List.of())),
                true,
                0),
            new KnownBroker(
                new BrokerStatus(
                    OTHER, "0", Reports.of("ok", List.of(), List.of(ofOlderBroker), List.of())),
                false,
                0));

    assertThat(state.clients()).containsExactly(new RelayClient(CLIENT, "0.0.9", 100, 10, 2.0));
  }

  @Test
  void clientsAndFlowsOfAllBrokersAreShown() {
    ClientReport client = new ClientReport(CLIENT, "0.0.9", 500, 7, 20);
    ClientReport idle = new ClientReport(CLIENT, "0.1.0", 100, 3, 0);
    FlowReport flow = new FlowReport(AGENT, "orders", 20);
    RelayState state =
        merge(
            new KnownBroker(
                new BrokerStatus(
                    OWN, "1", Reports.of("ok", List.of(), List.of(client), List.of(flow))),
                true,
                0),
            new KnownBroker(
                new BrokerStatus(
                    OTHER, "1", Reports.of("ok", List.of(), List.of(idle), List.of(flow))),
                false,
                0));

    assertThat(state.clients()).containsExactly(new RelayClient(CLIENT, "0.1.0", 100, 10, 2.0));
    assertThat(state.flows())
        .containsExactlyInAnyOrder(
            new RelayFlow(CLIENT, OWN, "", 2.0),
            new RelayFlow(OWN, AGENT, "orders", 2.0),
            new RelayFlow(OTHER, AGENT, "orders", 2.0));
    assertThat(state.agentRates()).containsEntry(new AgentOfTarget(AGENT, "orders"), 4.0);
  }

  @Test
  void sumsOfLargestNumbersStayPositive() {
    int most = 1_000_000_000;
    BrokerReport large =
        new BrokerReport(
            new BrokerReport.BrokerHealth("ok", "", "up", "open", 1),
            new BrokerReport.BrokerLoad(most, most, most, most),
            10_000,
            TrafficReport.NONE,
            List.of(),
            List.of(),
            List.of(),
            new BrokerReport.OmittedReports(most, most, most));
    RelayState state =
        merge(
            new KnownBroker(new BrokerStatus(OWN, "1", large), true, 0),
            new KnownBroker(new BrokerStatus(OTHER, "1", large), false, 0),
            new KnownBroker(new BrokerStatus(OTHER.renewed(), "1", large), false, 0));

    assertThat(state.total().inFlight()).isEqualTo(Integer.MAX_VALUE);
    assertThat(state.omitted().targets()).isEqualTo(most);
    assertThat(state.omitted().flows()).isEqualTo(Integer.MAX_VALUE);
  }

  /** The report of this broker is whole, those of the others are cut for the message. */
  @Test
  void clientsThatThisBrokerShowsAreNotOmittedByAnother() {
    BrokerReport whole = manyClients(300);
    BrokerReport cut = ReportMaker.cut(whole);
    assertThat(cut.omitted().clients()).isPositive();

    RelayState state =
        merge(
            new KnownBroker(new BrokerStatus(OWN, "1", whole), true, 0),
            new KnownBroker(new BrokerStatus(OTHER, "1", cut), false, 0),
            new KnownBroker(new BrokerStatus(OTHER.renewed(), "1", cut), false, 0));

    assertThat(state.clients()).hasSize(300);
    assertThat(state.omitted().clients()).isZero();
  }

  @Test
  void clientsThatNoBrokerShowsAreOmitted() {
    BrokerReport cut = ReportMaker.cut(manyClients(300));

    RelayState state =
        merge(
            new KnownBroker(new BrokerStatus(OWN, "1", Reports.of("ok")), true, 0),
            new KnownBroker(new BrokerStatus(OTHER, "1", cut), false, 0),
            new KnownBroker(new BrokerStatus(OTHER.renewed(), "1", cut), false, 0));

    assertThat(state.clients()).hasSameSizeAs(cut.clients());
    assertThat(state.omitted().clients()).isEqualTo(300 - cut.clients().size());
  }

  private static BrokerReport manyClients(int number) {
    List<ClientReport> clients =
        IntStream.range(0, number)
            .mapToObj(
                i -> new ClientReport(new ProcessId("acme", "c" + i + "-aaaaaa"), "1", 5, 7, 2))
            .toList();
    return Reports.of("ok", List.of(), clients, List.of());
  }

  private static TargetReport idle(String state, String reason) {
    return target("orders", state, reason, TrafficReport.NONE);
  }

  private static TargetReport neverServed() {
    TargetReport known = idle("no_agent", NONE);
    return new TargetReport(
        known.name(),
        known.state(),
        known.reason(),
        false,
        known.counts(),
        known.traffic(),
        known.failures());
  }

  private static KnownBroker own(String state, TargetReport target) {
    return new KnownBroker(new BrokerStatus(OWN, "1", report(state, target)), true, 0);
  }

  private static KnownBroker other(String state, TargetReport target) {
    return new KnownBroker(new BrokerStatus(OTHER, "1", report(state, target)), false, 0);
  }

  private static BrokerReport report(String state, TargetReport target) {
    return Reports.of(state, List.of(target), List.of(), List.of());
  }

  private static RelayTarget orders(KnownBroker... brokers) {
    return merge(brokers).targets().get(0);
  }

  private static RelayState merge(KnownBroker... brokers) {
    return RelayMerge.of(List.of(brokers), SNAPSHOT, 0);
  }
}
