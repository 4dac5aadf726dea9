package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.doctor.AmqpView.Login;
import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import io.github.httplongcut.protocol.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Checks of the category {@code topology}. A tenant sees only whether a thing exists. */
final class TopologyChecks {

  /** Time between two looks at a queue. */
  private static final long BETWEEN_LOOKS_MS = 700;

  /** Number of ready messages from which on a queue that does not shrink is a backlog. */
  private static final long BACKLOG = 100;

  private final Facts facts;

  TopologyChecks(Facts facts) {
    this.facts = facts;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.TOPOLOGY_VHOST, this::vhost, Finding.RABBITMQ_LOGIN),
        DoctorCheck.of(Finding.TOPOLOGY_EXCHANGES, this::exchanges, Finding.TOPOLOGY_VHOST),
        DoctorCheck.of(Finding.TOPOLOGY_QUEUES, this::queues, Finding.TOPOLOGY_VHOST),
        DoctorCheck.of(Finding.TOPOLOGY_POLICIES, this::policies, Finding.TOPOLOGY_VHOST),
        DoctorCheck.ofProcesses(
            Finding.TOPOLOGY_BACKLOG,
            this::backlog,
            Finding.TOPOLOGY_QUEUES,
            Finding.RELAY_BROKERS));
  }

  private CheckResult vhost() throws Exception {
    AmqpView amqp = facts.requiredAmqp();
    String vhost = amqp.config().virtualHost();
    Login login = amqp.login();
    return switch (login.state()) {
      case LOGGED_IN ->
          CheckResult.ok(
              Finding.TOPOLOGY_VHOST,
              "user %s may use vhost %s".formatted(amqp.config().user(), vhost));
      case NO_VHOST ->
          CheckResult.fail(
              Finding.TOPOLOGY_VHOST, "vhost %s does not exist".formatted(vhost), login.detail());
      case VHOST_REFUSED ->
          CheckResult.fail(
                  Finding.TOPOLOGY_VHOST,
                  "user %s may not use vhost %s".formatted(amqp.config().user(), vhost),
                  login.detail())
              .withRemedy(
                  "give the user permissions in the vhost (rabbitmqctl set_permissions -p %s %s …):"
                          .formatted(vhost, amqp.config().user())
                      + " docs/permissions.md has the commands");
      case LIMITED ->
          CheckResult.skip(
              Finding.TOPOLOGY_VHOST, "RabbitMQ allows no further connection: " + login.detail());
      case REFUSED, UNENCRYPTED, FAILED ->
          CheckResult.fail(Finding.TOPOLOGY_VHOST, "no login to vhost " + vhost, login.detail());
    };
  }

  /** Returns the management API if there is one that may list the topology. */
  private Optional<ManagementFacts> management() {
    return facts.management().isPresent()
        ? Optional.of(facts.requiredManagement())
        : Optional.empty();
  }

  private Definitions definitions() throws Exception {
    Optional<ManagementFacts> management = management();
    return Definitions.forNodes(management.isPresent() ? management.get().clusterSize() : 1);
  }

  private CheckResult exchanges() throws Exception {
    List<JsonNode> expected = definitions().exchanges();
    if (management().isEmpty()) {
      return visible(
          Finding.TOPOLOGY_EXCHANGES, "exchange", expected, facts.requiredAmqp()::hasExchange);
    }
    return result(
        Finding.TOPOLOGY_EXCHANGES,
        TopologyDifferences.ofExchanges(expected, management().get().exchanges()),
        expected.size() + " exchanges",
        consequence(Finding.TOPOLOGY_EXCHANGES));
  }

  private CheckResult queues() throws Exception {
    List<JsonNode> expected = definitions().queues();
    if (management().isEmpty()) {
      AmqpView amqp = facts.requiredAmqp();
      return visible(
          Finding.TOPOLOGY_QUEUES, "queue", expected, name -> amqp.queue(name).isPresent());
    }
    ManagementFacts management = management().get();
    List<String> differences =
        new ArrayList<>(TopologyDifferences.ofQueues(expected, management.queues()));
    Set<String> exchanges =
        management.exchanges().stream()
            .map(exchange -> exchange.path("name").asText())
            .collect(Collectors.toSet());
    for (JsonNode queue : expected) {
      String exchange = queue.path("name").asText(); // each is bound to an exchange of its name
      if (exchanges.contains(exchange)) { // another check reports a missing one
        differences.addAll(
            TopologyDifferences.ofBindings(
                definitions().bindingsOf(exchange), management.bindings(exchange)));
      }
    }
    return result(
        Finding.TOPOLOGY_QUEUES,
        differences,
        expected.size() + " shared queues",
        consequence(Finding.TOPOLOGY_QUEUES));
  }

  private static String consequence(Finding finding) {
    return finding == Finding.TOPOLOGY_EXCHANGES
        ? "messages for an exchange that is missing are lost, and a process that connects is not ready"
        : "requests or orphans do not reach the brokers, or do not survive the loss of a node";
  }

  private interface Existence {
    boolean of(String name) throws Exception;
  }

  /** Checks that those things exist that RabbitMQ shows to a tenant. */
  private static CheckResult visible(
      Finding finding, String kind, List<JsonNode> expected, Existence existence) throws Exception {
    List<String> differences = new ArrayList<>();
    List<HiddenException> hidden = new ArrayList<>();
    for (JsonNode each : expected) {
      String name = each.path("name").asText();
      try {
        if (!existence.of(name)) {
          differences.add(kind + " " + name + " is missing");
        }
      } catch (HiddenException e) {
        hidden.add(e);
      }
    }
    if (hidden.size() == expected.size()) {
      throw hidden.get(0);
    }
    int seen = expected.size() - hidden.size();
    String all = (hidden.isEmpty() ? "" : seen + " of ") + expected.size() + ' ' + kind + 's';
    return result(finding, differences, all, consequence(finding));
  }

  private CheckResult policies() throws Exception {
    List<JsonNode> expected = definitions().policies();
    List<JsonNode> actual = facts.requiredManagement().policies();
    return result(
        Finding.TOPOLOGY_POLICIES,
        TopologyDifferences.ofPolicies(expected, actual),
        expected.size() + " policies",
        "a queue without its policy has no limit, and loses what expires in it");
  }

  private static CheckResult result(
      Finding finding, List<String> differences, String all, String consequence) {
    return differences.isEmpty()
        ? CheckResult.ok(finding, all + " are as in rabbitmq/definitions.json")
        : CheckResult.problems(finding, differences, consequence);
  }

  private CheckResult backlog() throws Exception {
    AmqpView amqp = facts.requiredAmqp();
    String queue = Topology.CLIENT_REQUEST_QUEUE;
    QueueCounts before = counts(amqp, queue);
    QueueCounts after = before;
    if (before.ready() >= BACKLOG) {
      TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
      after = counts(amqp, queue);
    }
    String seen =
        "queue %s has %d ready messages and %d consumers"
            .formatted(queue, after.ready(), after.consumers());
    if (after.consumers() == 0) {
      return CheckResult.failInPart(
          Finding.TOPOLOGY_BACKLOG,
          seen,
          "no broker takes requests: all of them are full (max-in-flight), starting or draining");
    }
    if (after.ready() >= BACKLOG && after.ready() >= before.ready()) {
      return CheckResult.failInPart(
          Finding.TOPOLOGY_BACKLOG,
          seen,
          "%d messages were ready %d ms before: callers send more than the brokers take"
              .formatted(before.ready(), BETWEEN_LOOKS_MS));
    }
    return CheckResult.ok(Finding.TOPOLOGY_BACKLOG, seen);
  }

  private static QueueCounts counts(AmqpView amqp, String queue) throws Exception {
    return amqp.queue(queue)
        .orElseThrow(() -> new SkippedException("queue " + queue + " is missing"));
  }
}
