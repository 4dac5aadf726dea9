package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a killed process may have taken a POST with it, by what the processes had logged: a
 * broker that had begun to settle it and whose dispatch reached nobody, or an upstream agent that
 * had begun to settle it. What a process does to a request it logs before, so a line that is not
 * there is a step that was not taken. Only what a quorum queue gave to a broker may be lost though
 * that was dead already: RabbitMQ does not know it for a while, and the client agent says so.
 */
final class Evidence {

  private final RequestHistory history;
  private final Map<String, RelayPart> victims;
  private final Set<String> upstreamAgents;
  private final Set<String> clientAgents;
  private final Set<String> otherBrokers;
  private final boolean onQuorumQueues;

  /** Of that trial, once it is over. */
  Evidence(FaultBench bench, Set<RoleProcess> victims) {
    this.history = new RequestHistory(bench.everStarted());
    this.victims = victims.stream().collect(Collectors.toMap(RoleProcess::name, bench::partOf));
    this.upstreamAgents = named(bench, RelayPart.UPSTREAM_AGENT);
    this.clientAgents = named(bench, RelayPart.CLIENT_AGENT);
    this.otherBrokers = new HashSet<>(named(bench, RelayPart.BROKER));
    otherBrokers.removeAll(this.victims.keySet());
    this.onQuorumQueues = bench.rabbitMq().amqpPorts().size() > 1;
  }

  private static Set<String> named(FaultBench bench, RelayPart part) {
    return bench.everStarted().stream()
        .filter(process -> bench.partOf(process) == part)
        .map(RoleProcess::name)
        .collect(Collectors.toSet());
  }

  /** Whether one of the victims had it. */
  boolean mayBeLost(Sent request) {
    Map<String, List<String>> lines = history.linesAbout(request);
    return victims.entrySet().stream()
        .anyMatch(victim -> hadIt(victim.getValue(), lines.get(victim.getKey()), lines));
  }

  private boolean hadIt(RelayPart part, List<String> own, Map<String, List<String>> lines) {
    if (part == RelayPart.UPSTREAM_AGENT) {
      return isTaken(own);
    }
    return part == RelayPart.BROKER
        && (own.stream().anyMatch(Evidence::beginsToSettle)
            || (onQuorumQueues && isInDoubt(lines) && isUnknownTo(otherBrokers, lines)))
        && upstreamAgents.stream().noneMatch(agent -> isTaken(lines.get(agent)));
  }

  private boolean isInDoubt(Map<String, List<String>> lines) {
    return clientAgents.stream()
        .flatMap(agent -> lines.get(agent).stream())
        .anyMatch(line -> line.contains(" event=in_doubt "));
  }

  private static boolean isUnknownTo(Set<String> brokers, Map<String, List<String>> lines) {
    return brokers.stream().allMatch(broker -> lines.get(broker).isEmpty());
  }

  private static boolean isTaken(List<String> lines) {
    return lines.stream().anyMatch(line -> line.contains(" event=taken "));
  }

  private static boolean beginsToSettle(String line) {
    return line.contains(" to=Reserved ") || line.contains(" to=Refused ");
  }
}
