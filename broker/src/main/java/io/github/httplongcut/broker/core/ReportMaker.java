package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.BrokerLoad;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.EventCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Makes the {@link BrokerReport} of a snapshot. Leaves out entries of which there are too many for
 * one message: the idle targets that are well, the names that nobody serves, the idle agents.
 */
public final class ReportMaker {

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Bytes of the lists, all together at most 58 KiB: the rest of the message is for the others. */
  private static final int TARGET_BYTES = 36 << 10;

  private static final int CLIENT_BYTES = 10 << 10;
  private static final int FLOW_BYTES = 12 << 10;

  /** Entries of a list. */
  private static final int MAX_ENTRIES = 500;

  private static final String WELL = name(TargetStatus.State.OK);

  /** Served targets first; of them those that are not well; then those with the most requests. */
  private static final Comparator<TargetReport> BY_IMPORTANCE =
      Comparator.<TargetReport>comparingInt(target -> target.served() ? 0 : 1)
          .thenComparingInt(target -> target.state().equals(WELL) ? 1 : 0)
          .thenComparingInt(target -> -target.traffic().requests())
          .thenComparingInt(target -> -target.counts().inFlight())
          .thenComparing(TargetReport::name);

  private static final Comparator<ClientReport> BY_REQUESTS =
      Comparator.<ClientReport>comparingInt(client -> -client.requests())
          .thenComparingLong(ClientReport::lastRequestMillis);

  private static final Comparator<FlowReport> BUSIEST_FIRST =
      Comparator.comparingInt(flow -> -flow.requests());

  private ReportMaker() {}

  /** Returns the name of a target's state in reports and on pages. */
  static String name(TargetStatus.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the whole report.
   *
   * @param reasons returns the sentence that says why a target is not well
   */
  public static BrokerReport of(
      StatusSnapshot snapshot, BrokerHealth health, Function<TargetStatus, String> reasons) {
    RouterStats.RequestCounts requests = snapshot.requests();
    return new BrokerReport(
        health,
        new BrokerLoad(
            requests.waiting(), requests.settling(), requests.dispatched(), requests.running()),
        Math.max(1, snapshot.recent().nanos() / NANOS_PER_MILLI),
        snapshot.recent().traffic(),
        snapshot.targets().stream().map(each -> report(each, reasons)).toList(),
        snapshot.clients().stream().map(each -> report(each, snapshot.takenAt())).toList(),
        snapshot.recent().flows(),
        new OmittedReports(0, 0, 0));
  }

  /** Returns the report with as many entries as a message takes. */
  public static BrokerReport cut(BrokerReport whole) {
    Cut<TargetReport> targets =
        cut(whole.targets(), BY_IMPORTANCE, EventCodec::bytesOf, TARGET_BYTES);
    Cut<ClientReport> clients =
        cut(whole.clients(), BY_REQUESTS, EventCodec::bytesOf, CLIENT_BYTES);
    Cut<FlowReport> flows = cut(whole.flows(), BUSIEST_FIRST, EventCodec::bytesOf, FLOW_BYTES);
    return new BrokerReport(
        whole.health(),
        whole.load(),
        whole.windowMillis(),
        whole.traffic(),
        targets.kept,
        clients.kept,
        flows.kept,
        new OmittedReports(targets.omitted, clients.omitted, flows.omitted));
  }

  private static TargetReport report(TargetStatus target, Function<TargetStatus, String> reasons) {
    TargetStatus.Requests requests = target.requests();
    return new TargetReport(
        target.name(),
        name(target.state()),
        reasons.apply(target),
        target.served(),
        new TargetCounts(
            requests.inFlight(), requests.waiting(), requests.answered(), requests.failed()),
        target.recent().traffic(),
        target.recent().failures());
  }

  private static ClientReport report(ClientStatus client, long takenAt) {
    return new ClientReport(
        client.id(),
        client.version(),
        (takenAt - client.lastRequestAt()) / NANOS_PER_MILLI,
        client.requests(),
        client.recent());
  }

  /** The first entries of a list, and the number of those that are left out. */
  private record Cut<T>(List<T> kept, int omitted) {}

  private static <T> Cut<T> cut(
      List<T> all, Comparator<T> order, ToIntFunction<T> bytesOf, int maxBytes) {
    List<T> sorted = new ArrayList<>(all);
    sorted.sort(order);
    int bytes = 0;
    int kept = 0;
    while (kept < Math.min(sorted.size(), MAX_ENTRIES)) {
      bytes += bytesOf.applyAsInt(sorted.get(kept));
      if (bytes > maxBytes) {
        break;
      }
      kept++;
    }
    return new Cut<>(List.copyOf(sorted.subList(0, kept)), sorted.size() - kept);
  }
}
