package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * State of the relay, as its brokers and RabbitMQ describe it.
 *
 * @param takenAt time of the status, in UTC
 * @param rabbitmq RabbitMQ's version and nodes
 * @param unanswered reasons for the sources that did not answer
 * @param missing what the status does not show because no source was named, and how to name one
 */
record RelayStatus(
    String takenAt,
    RabbitMq rabbitmq,
    @JsonUnwrapped Agents relay,
    List<QueueRow> queues,
    List<Unanswered> unanswered,
    List<String> missing) {

  /**
   * RabbitMQ itself.
   *
   * @param version RabbitMQ's version; empty if it is not known
   * @param address the address that was asked, without a login; empty if there is none
   */
  record RabbitMq(String version, String address, String vhost, List<NodeRow> nodes) {}

  /** Brokers, and what they know. */
  record Agents(
      List<BrokerRow> brokers,
      List<TargetRow> targets,
      List<UpstreamAgentRow> upstreamAgents,
      List<ClientAgentRow> clientAgents,
      long truncated) {}

  /** Source that did not answer. */
  record Unanswered(String source, String why) {}

  /** Returns whether there is no problem, and every source has answered. */
  @JsonProperty
  boolean well() {
    return problems().isEmpty();
  }

  /** Returns the problems, one sentence each. */
  @JsonProperty
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    rows("RabbitMQ node", rabbitmq.nodes).forEach(problems::add);
    rows("broker", relay.brokers).forEach(problems::add);
    rows("target", relay.targets).forEach(problems::add);
    rows("upstream agent", relay.upstreamAgents).forEach(problems::add);
    rows("client agent", relay.clientAgents).forEach(problems::add);
    rows("queue", queues).forEach(problems::add);
    for (Unanswered silent : unanswered) {
      if (problems.stream().noneMatch(problem -> problem.contains(silent.why))) {
        problems.add(silent.source + ": " + silent.why);
      }
    }
    return problems;
  }

  private static Stream<String> rows(String kind, List<? extends StatusRow> rows) {
    return rows.stream()
        .filter(row -> row.health() == Health.PROBLEM)
        .map(row -> kind + " " + row.name() + ": " + row.state() + ": " + row.why());
  }
}
