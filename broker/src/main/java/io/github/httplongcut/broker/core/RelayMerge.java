package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.broker.core.RelayState.AgentOfTarget;
import io.github.httplongcut.broker.core.RelayState.RelayClient;
import io.github.httplongcut.broker.core.RelayState.RelayFlow;
import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Merges the reports of all brokers that are not silent. Numbers of requests are added up. Agents
 * are as this broker sees them, since every broker hears all of them.
 */
public final class RelayMerge {

  private static final double MILLIS_PER_SECOND = 1_000;

  private final Map<String, TargetMerge> targets = new TreeMap<>();
  private final TrafficMerge total = new TrafficMerge();
  private final Map<ProcessId, RelayClient> clients = new HashMap<>();
  private final Map<AgentOfTarget, Double> agentRates = new HashMap<>();
  private final List<RelayFlow> flows = new ArrayList<>();
  private long mostTargets;
  private long mostClients;
  private long omittedFlows;

  private RelayMerge() {}

  /**
   * Returns the state of the relay.
   *
   * @param brokers all brokers, this broker first
   * @param own the snapshot of this broker
   */
  public static RelayState of(List<KnownBroker> brokers, StatusSnapshot own, long now) {
    RelayMerge merge = new RelayMerge();
    brokers.stream().filter(broker -> !broker.isSilent()).forEach(merge::add);
    return merge.result(brokers, own, now);
  }

  private void add(KnownBroker broker) {
    ProcessId id = broker.status().brokerId();
    BrokerReport report = broker.status().report();
    double perSecond = MILLIS_PER_SECOND / report.windowMillis();
    total.add(report.traffic(), perSecond);
    total.addHeld(
        (long) report.load().dispatched() + report.load().running() + report.load().settling(),
        report.load().waiting());
    for (TargetReport target : report.targets()) {
      targets.computeIfAbsent(target.name(), TargetMerge::new).add(broker, target, perSecond);
    }
    for (ClientReport client : report.clients()) {
      double rate = client.requests() * perSecond;
      clients.merge(client.id(), lineOf(client, rate), RelayMerge::sum);
      addFlow(new RelayFlow(client.id(), id, "", rate));
    }
    for (FlowReport flow : report.flows()) {
      double rate = flow.requests() * perSecond;
      agentRates.merge(new AgentOfTarget(flow.upstreamId(), flow.target()), rate, Double::sum);
      addFlow(new RelayFlow(id, flow.upstreamId(), flow.target(), rate));
    }
    mostTargets =
        Math.max(mostTargets, report.targets().size() + (long) report.omitted().targets());
    mostClients =
        Math.max(mostClients, report.clients().size() + (long) report.omitted().clients());
    omittedFlows += report.omitted().flows(); // each flow is of one broker
  }

  private static RelayClient lineOf(ClientReport client, double rate) {
    return new RelayClient(
        client.id(), client.version(), client.lastRequestMillis(), client.total(), rate);
  }

  private static RelayClient sum(RelayClient a, RelayClient b) {
    boolean isFirst = a.lastRequestMillis() <= b.lastRequestMillis();
    RelayClient latest = isFirst ? a : b;
    RelayClient other = isFirst ? b : a;
    return new RelayClient(
        a.id(),
        latest.version().isEmpty() ? other.version() : latest.version(),
        latest.lastRequestMillis(),
        a.requests() + b.requests(),
        a.rate() + b.rate());
  }

  private void addFlow(RelayFlow flow) {
    if (flow.rate() > 0) {
      flows.add(flow);
    }
  }

  private RelayState result(List<KnownBroker> brokers, StatusSnapshot own, long now) {
    Map<String, TargetStatus> seen =
        own.targets().stream().collect(Collectors.toMap(TargetStatus::name, Function.identity()));
    List<RelayTarget> merged = new ArrayList<>(targets.size());
    targets.forEach((name, target) -> merged.add(target.result(seen.get(name))));
    List<RelayClient> latest = new ArrayList<>(clients.values());
    latest.sort(Comparator.comparingLong(RelayClient::lastRequestMillis));
    flows.sort(Comparator.comparingDouble(flow -> -flow.rate()));
    return new RelayState(
        now,
        own,
        List.copyOf(brokers),
        List.copyOf(merged),
        total.result(),
        List.copyOf(latest),
        List.copyOf(flows),
        Map.copyOf(agentRates),
        new OmittedReports(
            missing(mostTargets, merged.size()),
            missing(mostClients, latest.size()),
            limited(omittedFlows)));
  }

  /**
   * Returns the least number of entries that are missing in a merged list. The brokers know mostly
   * the same ones, so an entry that one broker leaves out may be in the report of another.
   *
   * @param most the largest number of entries that one broker knows
   */
  private static int missing(long most, int merged) {
    return limited(Math.max(0, most - merged));
  }

  private static int limited(long number) {
    return (int) Math.min(Integer.MAX_VALUE, number);
  }
}
