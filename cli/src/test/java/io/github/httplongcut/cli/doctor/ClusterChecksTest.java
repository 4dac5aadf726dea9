package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClusterChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void oneNodeIsNoCluster() {
    fixture.assertOk(Finding.RABBITMQ_CLUSTER, "one node, no cluster");
    fixture.assertOk(Finding.RABBITMQ_BALANCER, "one node, no cluster");
  }

  @Test
  void aTenantSeesNoCluster() {
    fixture.tenant("acme");
    fixture.assertSkipped(Finding.RABBITMQ_CLUSTER, "needs --management");
    fixture.assertSkipped(Finding.RABBITMQ_BALANCER, "needs --management");
  }

  @Test
  void aNodeThatIsDownFails() {
    nodes(true, true, false);
    fixture.assertFails(Finding.RABBITMQ_CLUSTER, "node rabbit@mq-3 is down");
  }

  @Test
  void aPartitionFails() {
    nodes(true, true);
    fixture
        .management
        .element("/api/nodes", "name", "rabbit@mq-2")
        .putArray("partitions")
        .add("rabbit@mq-1");
    fixture.assertFails(Finding.RABBITMQ_CLUSTER, "node rabbit@mq-2 is cut off from rabbit@mq-1");
  }

  @Test
  void aQuorumAtRiskFails() {
    nodes(true, true, true);
    quorumQueue(3);
    fixture.assertOk(Finding.RABBITMQ_CLUSTER, "3 nodes are running");

    quorumQueue(2);
    fixture.assertFails(
        Finding.RABBITMQ_CLUSTER,
        "queue client_request has 2 of its 3 members online: it stops if one more node fails");

    quorumQueue(1);
    fixture.assertFails(Finding.RABBITMQ_CLUSTER, "1 of its 3 members online: it does not work");
  }

  @Test
  void anAddressOfOneNodeIsNoBalancer() {
    nodes(true, true);
    connections("rabbit@mq-1", "rabbit@mq-1", "rabbit@mq-1", "rabbit@mq-1");
    fixture.assertOk(
        Finding.RABBITMQ_BALANCER, "all of 4 connections to each address reach the same node");
  }

  @Test
  void anAddressOfSeveralNodesIsABalancer() {
    nodes(true, true);
    connections("rabbit@mq-1", "rabbit@mq-2", "rabbit@mq-1", "rabbit@mq-2");
    fixture.assertFails(
        Finding.RABBITMQ_BALANCER, "connections to it reach rabbit@mq-1 and rabbit@mq-2");
    assertThat(fixture.amqp.open).hasValue(0);
  }

  /** The processes tell the nodes of such a name apart by their IP addresses. */
  @Test
  void aNameOfSeveralNodesIsNoBalancer() {
    nodes(true, true);
    fixture.network.addresses.put(FakeAmqp.NODE.host(), "10.0.0.1 10.0.0.2");
    connections("rabbit@mq-1", "rabbit@mq-2", "rabbit@mq-1", "rabbit@mq-2");
    fixture.assertOk(Finding.RABBITMQ_BALANCER, "each address is a name of several nodes");
  }

  @Test
  void theSearchForABalancerIsSkippedWithoutALogin() {
    fixture.amqp.greetings.put(FakeAmqp.NODE, new Greeting(Reaction.SILENT, "frozen"));
    fixture.assertSkipped(Finding.RABBITMQ_BALANCER, "rabbitmq.responds failed");
    assertThat(fixture.failures()).containsExactly("rabbitmq.responds");
  }

  private void nodes(boolean... running) {
    String nodes =
        IntStream.range(0, running.length)
            .mapToObj(i -> FakeManagement.node("rabbit@mq-" + (i + 1), running[i]))
            .collect(Collectors.joining(","));
    fixture.management.page("/api/nodes", "[" + nodes + "]");
  }

  private void quorumQueue(int online) {
    fixture.management.page(
        FakeManagement.queuesPath(),
        """
        [{"name": "client_request", "type": "quorum", "members": ["a", "b", "c"], "online": [%s]}]"""
            .formatted(String.join(",", Collections.nCopies(online, "\"a\""))));
  }

  /** Sets the nodes that successive connections reach. */
  private void connections(String... nodes) {
    for (int i = 0; i < nodes.length; i++) {
      fixture.management.page(
          "/api/queues/longcut/amq.gen-" + i + "?columns=node",
          "{\"node\": \"%s\"}".formatted(nodes[i]));
    }
  }
}
