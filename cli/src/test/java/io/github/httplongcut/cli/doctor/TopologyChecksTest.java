package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.doctor.AmqpView.Login;
import io.github.httplongcut.cli.doctor.AmqpView.LoginState;
import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyChecksTest {

  private static final String EXCHANGES = "/api/exchanges/longcut";
  private static final String POLICIES = "/api/policies/longcut";

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void theDefinitionsAreWell() {
    fixture.assertOk(Finding.TOPOLOGY_VHOST, "user admin may use vhost longcut");
    fixture.assertOk(Finding.TOPOLOGY_EXCHANGES, "16 exchanges are as in");
    fixture.assertOk(Finding.TOPOLOGY_QUEUES, "2 shared queues are as in");
    fixture.assertOk(Finding.TOPOLOGY_POLICIES, "6 policies are as in");
    fixture.assertOk(Finding.TOPOLOGY_BACKLOG, "0 ready messages and 1 consumers");
  }

  @Test
  void aMissingVhostFails() {
    fixture.amqp.login = new Login(LoginState.NO_VHOST, "vhost longcut not found", "");

    fixture.assertFails(Finding.TOPOLOGY_VHOST, "vhost longcut does not exist");
    fixture.assertOk(Finding.RABBITMQ_LOGIN, "user admin logs in");
    assertThat(fixture.failures()).containsExactly("topology.vhost");
    for (Finding finding :
        new Finding[] {
          Finding.TOPOLOGY_EXCHANGES, Finding.TOPOLOGY_QUEUES, Finding.TOPOLOGY_POLICIES
        }) {
      fixture.assertSkipped(finding, "topology.vhost failed");
    }
  }

  @Test
  void aVhostWithoutPermissionsFails() {
    fixture.amqp.login = new Login(LoginState.VHOST_REFUSED, "access to vhost refused", "");

    CheckResult result =
        fixture.assertFails(Finding.TOPOLOGY_VHOST, "user admin may not use vhost longcut");
    assertThat(result.remedy()).contains("rabbitmqctl set_permissions -p longcut admin");
  }

  @Test
  void theVhostIsSkippedWithoutALogin() {
    fixture.amqp.login = new Login(LoginState.REFUSED, "", "");
    fixture.assertSkipped(Finding.TOPOLOGY_VHOST, "rabbitmq.login failed");
  }

  @Test
  void aMissingExchangeFails() {
    fixture.management.remove(EXCHANGES, "name", "broker_hello");
    fixture.assertFails(Finding.TOPOLOGY_EXCHANGES, "exchange broker_hello is missing");
  }

  /** RabbitMQ 4.3 shows a tenant only what it has a permission on. */
  @Test
  void aTenantChecksWhatItMaySee() {
    fixture.tenant("acme").amqp.hidden.addAll(List.of("broker_request", "orphan"));
    fixture.amqp.exchanges.remove("client_cancel");

    assertThat(fixture.assertFails(Finding.TOPOLOGY_EXCHANGES, "client_cancel is missing").seen())
        .doesNotContain("broker_request");
    fixture.assertOk(Finding.TOPOLOGY_QUEUES, "1 of 2 queues are as in");
    fixture.assertOk(Finding.RELAY_BROKERS, "brokers take requests");
    fixture.assertOk(Finding.TOPOLOGY_BACKLOG, "queue client_request has 0 ready messages");
  }

  @Test
  void aTenantThatMaySeeNothingChecksNothing() {
    fixture.tenant("acme").amqp.hidden.addAll(List.of("client_request", "orphan"));

    fixture.assertSkipped(
        Finding.TOPOLOGY_QUEUES,
        "user acme has no permission on queue client_request, and RabbitMQ does not show it");
    assertThat(fixture.result(Finding.RELAY_BROKERS).failed()).isFalse();
  }

  @Test
  void anExchangeOfAnotherTypeFails() {
    fixture.management.element(EXCHANGES, "name", "broker_hello").put("type", "topic");
    fixture.assertFails(
        Finding.TOPOLOGY_EXCHANGES, "exchange broker_hello: type is topic, not fanout");
  }

  @Test
  void anExchangeWithoutItsAlternateExchangeFails() {
    fixture.management.element(EXCHANGES, "name", "upstream_response").putObject("arguments");
    fixture.assertFails(
        Finding.TOPOLOGY_EXCHANGES,
        "exchange upstream_response: alternate-exchange is unset, not orphan");
  }

  @Test
  void aTenantFindsAMissingExchange() {
    fixture.tenant("acme");
    fixture.assertOk(Finding.TOPOLOGY_EXCHANGES, "16 exchanges");

    fixture.amqp.exchanges.remove("orphan");
    fixture.assertFails(Finding.TOPOLOGY_EXCHANGES, "exchange orphan is missing");
  }

  @Test
  void aMissingQueueFails() {
    fixture.management.remove(FakeManagement.queuesPath(), "name", "orphan");
    fixture.assertFails(Finding.TOPOLOGY_QUEUES, "queue orphan is missing");
  }

  @Test
  void aQueueWithoutItsBindingFails() {
    fixture.management.page("/api/exchanges/longcut/client_request/bindings/source", "[]");
    fixture.assertFails(
        Finding.TOPOLOGY_QUEUES,
        "queue client_request is not bound to exchange client_request with the key \"#\"");
  }

  @Test
  void theBindingsOfAMissingExchangeAreNotToldAgain() {
    fixture.management.remove(EXCHANGES, "name", "client_request");
    fixture.management.page("/api/exchanges/longcut/client_request/bindings/source", "[]");
    assertThat(fixture.failures()).containsExactly("topology.exchanges");
  }

  @Test
  void aClusterNeedsQuorumQueues() {
    fixture.management.page(
        "/api/nodes",
        "[%s, %s]"
            .formatted(
                FakeManagement.node("rabbit@mq-1", true),
                FakeManagement.node("rabbit@mq-2", true)));
    fixture.assertFails(Finding.TOPOLOGY_QUEUES, "x-queue-type is classic, not quorum");
  }

  @Test
  void aTenantFindsAMissingQueue() {
    fixture.tenant("acme").amqp.looks("client_request");
    fixture.assertFails(Finding.TOPOLOGY_QUEUES, "queue client_request is missing");
  }

  @Test
  void aMissingPolicyFails() {
    fixture.management.remove(POLICIES, "name", "broker");
    fixture.assertFails(Finding.TOPOLOGY_POLICIES, "policy broker is missing");
  }

  @Test
  void aDifferentPolicyFails() {
    ObjectNode policy = fixture.management.element(POLICIES, "name", "orphan");
    ((ObjectNode) policy.path("definition")).put("message-ttl", 5).remove("overflow");
    fixture.assertFails(
        Finding.TOPOLOGY_POLICIES,
        "policy orphan: message-ttl is 5, not 30000, overflow is unset, not reject-publish");
  }

  @Test
  void aPolicyThatOverridesOursFails() {
    fixture.management.add(
        POLICIES,
        """
        {"name": "ha", "pattern": "^upstream", "apply-to": "all", "priority": 20, "definition": {}}""");
    fixture.assertFails(
        Finding.TOPOLOGY_POLICIES,
        "policy upstream-agent is overridden by policy ha, whose priority is 20");
  }

  @Test
  void aPolicyOfLowerPriorityOverridesNothing() {
    fixture.management.add(
        POLICIES,
        """
        {"name": "ha", "pattern": ".*", "apply-to": "all", "priority": 0, "definition": {}}""");
    fixture.assertOk(Finding.TOPOLOGY_POLICIES, "6 policies");
  }

  @Test
  void aTenantDoesNotSeePolicies() {
    fixture.tenant("acme");
    fixture.assertSkipped(Finding.TOPOLOGY_POLICIES, "needs --management");
  }

  @Test
  void requestsThatPileUpAreABacklog() {
    clientRequest(new QueueCounts(300, 1), new QueueCounts(400, 1));
    fixture.assertFails(Finding.TOPOLOGY_BACKLOG, "300 messages were ready 700 ms before");
  }

  @Test
  void requestsThatBecomeFewerAreNoBacklog() {
    clientRequest(new QueueCounts(300, 1), new QueueCounts(200, 1));
    fixture.assertOk(Finding.TOPOLOGY_BACKLOG, "200 ready messages");
  }

  @Test
  void aQueueThatNoBrokerConsumesIsABacklog() {
    fixture.amqp.looks("client_request", new QueueCounts(0, 0));
    fixture.assertFails(Finding.TOPOLOGY_BACKLOG, "no broker takes requests");
  }

  @Test
  void withoutABrokerTheBacklogIsSkipped() {
    fixture.amqp.looks("client_request", new QueueCounts(7, 0));
    fixture.amqp.looks("orphan", new QueueCounts(0, 0));
    fixture.assertSkipped(Finding.TOPOLOGY_BACKLOG, "relay.brokers failed");
  }

  private void clientRequest(QueueCounts before, QueueCounts after) {
    fixture.amqp.looks("client_request", before, after);
  }
}
