package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.AmqpView.OpenConnections;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Checks of a RabbitMQ cluster. */
final class ClusterChecks {

  /** Connections to one address; a load balancer distributes them to several nodes. */
  private static final int CONNECTIONS = 4;

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
    List<Address> addresses = new ArrayList<>();
    for (Address address : amqp.responding()) {
      // The processes tell the nodes of such a name apart by their IP addresses.
      if (facts.network().resolve(address.host()).size() == 1) {
        addresses.add(address);
      }
    }
    if (addresses.isEmpty()) {
      return CheckResult.ok(Finding.RABBITMQ_BALANCER, "each address is a name of several nodes");
    }
    Map<Address, OpenConnections> opened = new ConcurrentHashMap<>();
    try {
      Map<Address, String> failures =
          Together.failures(
              addresses,
              address -> opened.put(address, amqp.openConnections(address, CONNECTIONS)));
      if (!failures.isEmpty()) {
        return CheckResult.skip(Finding.RABBITMQ_BALANCER, Together.words(failures));
      }
      return judged(opened);
    } finally {
      opened.values().forEach(OpenConnections::close);
    }
  }

  private CheckResult judged(Map<Address, OpenConnections> opened) {
    for (Map.Entry<Address, OpenConnections> each : opened.entrySet()) {
      Set<String> reached = new TreeSet<>();
      each.getValue().queues().forEach(queue -> reached.add(management().nodeOfQueue(queue)));
      if (reached.size() > 1) {
        return CheckResult.failInPart(
            Finding.RABBITMQ_BALANCER,
            each.getKey() + " is a load balancer",
            "connections to it reach "
                + String.join(" and ", reached)
                + "; a process could then consume its inbox through the wrong node");
      }
    }
    return CheckResult.ok(
        Finding.RABBITMQ_BALANCER,
        "all of %d connections to each address reach the same node".formatted(CONNECTIONS));
  }
}
