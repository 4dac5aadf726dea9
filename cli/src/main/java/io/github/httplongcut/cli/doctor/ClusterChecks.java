package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Checks of a RabbitMQ cluster. */
final class ClusterChecks {

  /** Connections to one address; a load balancer distributes them to several nodes. */
  private static final int CONNECTIONS = 4;

  /** RabbitMQ lists a connection some time after it was opened. */
  private static final int LOOKS = 6;

  private static final long BETWEEN_LOOKS_MS = 200;

  private final Facts facts;

  ClusterChecks(Facts facts) {
    this.facts = facts;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.RABBITMQ_CLUSTER, this::cluster, Finding.RABBITMQ_LOGIN),
        DoctorCheck.of(
            Finding.RABBITMQ_BALANCER,
            this::balancer,
            Finding.RABBITMQ_LOGIN,
            Finding.TOPOLOGY_VHOST));
  }

  private ManagementFacts management() {
    return facts.requiredManagement();
  }

  private CheckResult cluster() throws Exception {
    List<JsonNode> nodes = management().nodes();
    List<String> problems = new ArrayList<>();
    for (JsonNode node : nodes) {
      String name = node.path("name").asText();
      if (!node.path("running").asBoolean()) {
        problems.add("node " + name + " is down");
      }
      if (!node.path("partitions").isEmpty()) {
        problems.add("node %s is cut off from %s".formatted(name, texts(node.path("partitions"))));
      }
    }
    for (JsonNode queue : management().queues()) {
      int members = queue.path("members").size();
      int online = queue.path("online").size();
      int majority = members / 2 + 1;
      if (queue.path("type").asText().equals("quorum") && members > 1 && online <= majority) {
        problems.add(
            "queue %s has %d of its %d members online: %s"
                .formatted(
                    queue.path("name").asText(),
                    online,
                    members,
                    online < majority ? "it does not work" : "it stops if one more node fails"));
      }
    }
    if (problems.isEmpty()) {
      return CheckResult.ok(
          Finding.RABBITMQ_CLUSTER,
          nodes.size() == 1 ? "one node, no cluster" : nodes.size() + " nodes are running");
    }
    return CheckResult.problems(
        Finding.RABBITMQ_CLUSTER, problems, "the relay stops if more of the cluster fails");
  }

  private static String texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return String.join(", ", texts);
  }

  private CheckResult balancer() throws Exception {
    AmqpView amqp = facts.requiredAmqp();
    if (management().nodes().size() == 1) {
      return CheckResult.ok(Finding.RABBITMQ_BALANCER, "one node, no cluster");
    }
    for (Address address : amqp.responding()) {
      Set<String> nodes = nodesOf(amqp.openConnections(address, CONNECTIONS));
      if (nodes.size() > 1) {
        return CheckResult.failInPart(
            Finding.RABBITMQ_BALANCER,
            address + " is a load balancer",
            "connections to it reach "
                + String.join(" and ", nodes)
                + "; a process could then consume its inbox through the wrong node");
      }
    }
    return CheckResult.ok(
        Finding.RABBITMQ_BALANCER,
        "all of %d connections to each address reach the same node".formatted(CONNECTIONS));
  }

  /** Returns the nodes of the connections with these names. */
  private Set<String> nodesOf(Collection<String> names) throws InterruptedException {
    Set<String> nodes = new TreeSet<>();
    for (int look = 0; look < LOOKS; look++) {
      int found = 0;
      for (JsonNode connection : management().connections()) {
        String name = connection.path("client_properties").path("connection_name").asText();
        if (names.contains(name)) {
          nodes.add(connection.path("node").asText());
          found++;
        }
      }
      if (found == names.size()) {
        break;
      }
      TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
    }
    return nodes;
  }
}
