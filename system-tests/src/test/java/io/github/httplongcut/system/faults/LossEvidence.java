package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds from the logs of all processes whether a POST may have been lost with a killed process:
 *
 * <ul>
 *   <li>An upstream agent had begun to settle the POST.
 *   <li>A broker had begun to settle the POST, and no upstream agent had taken its dispatch.
 *   <li>A quorum queue delivered the POST to a broker that was already dead, which RabbitMQ notices
 *       late. The client agent then logs {@code in_doubt}, and no other broker logs the POST.
 * </ul>
 *
 * <p>A process logs each step before it takes the step. A missing line is therefore a step that was
 * not taken.
 */
final class LossEvidence {

  private final RequestHistory history;
  private final Map<String, RelayPart> victims;
  private final Set<String> upstreamAgents;
  private final Set<String> clientAgents;
  private final Set<String> otherBrokers;
  private final boolean onQuorumQueues;

  /** Reads the logs as they are now, after the trial. */
  LossEvidence(FaultBench bench, Set<RoleProcess> victims) {
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

  /** Returns whether one of the victims had taken the request. */
  boolean mayBeLost(SentRequest request) {
    Map<String, List<String>> lines = history.linesAbout(request);
    return victims.entrySet().stream()
        .anyMatch(victim -> hadIt(victim.getValue(), lines.get(victim.getKey()), lines));
  }

  private boolean hadIt(RelayPart part, List<String> own, Map<String, List<String>> lines) {
    if (part == RelayPart.UPSTREAM_AGENT) {
      return isTaken(own);
    }
    return part == RelayPart.BROKER
        && (own.stream().anyMatch(LossEvidence::beginsToSettle)
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
