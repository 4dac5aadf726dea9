package io.github.httplongcut.system.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMqCluster;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code ./longcut doctor} on a RabbitMQ cluster of three nodes. It has the tag of the fault tests,
 * since it needs an installed RabbitMQ, as they do.
 */
@Tag("faults")
class DoctorClusterIT {

  private static final String BALANCER = "rabbitmq.balancer";
  private static final String CLUSTER = "rabbitmq.cluster";

  private static RabbitMqCluster cluster;

  @BeforeAll
  static void startCluster() {
    cluster = new RabbitMqCluster();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void addressesOfTheNodesAreWell() {
    DoctorFindings findings = doctor(cluster.amqpUris(RabbitMqUser.ADMIN));

    assertThat(findings.failed()).as(findings.toString()).isEmpty();
    assertThat(findings.withResult("ok")).contains(BALANCER, CLUSTER);
  }

  @Test
  void loadBalancerIsFound() throws IOException {
    List<InetSocketAddress> nodes =
        cluster.amqpPorts().stream()
            .map(port -> new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .toList();
    try (TcpProxy balancer = new TcpProxy(nodes)) {
      DoctorFindings findings = doctor(RabbitMqUser.ADMIN.amqpUri(balancer.port()));

      assertThat(findings.failed()).as(findings.toString()).containsExactly(BALANCER);
      assertThat(findings.entries().get(BALANCER).cause())
          .contains("127.0.0.1:" + balancer.port() + " is a load balancer");
      assertThat(findings.entries().get(BALANCER).remedy()).contains("addresses of all nodes");
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(cluster.ctl(1, "-q", "list_queues", "-p", "longcut", "name"))
                    .as("queues that the doctor has left behind")
                    .doesNotContain("amq.gen"));
  }

  @Test
  void nodeThatIsDownIsNamed() {
    cluster.kill(RabbitMqCluster.NODES);
    try {
      DoctorFindings findings = doctor(cluster.amqpUris(RabbitMqUser.ADMIN));

      assertThat(findings.failed())
          .as(findings.toString())
          .containsExactlyInAnyOrder(CLUSTER, "network.rabbitmq");
      assertThat(findings.entries().get(CLUSTER).cause()).contains("is down");
      assertThat(findings.entries().get(CLUSTER).see()).endsWith("#rabbitmq-cluster");
    } finally {
      cluster.start(RabbitMqCluster.NODES);
    }
  }

  private static DoctorFindings doctor(URI amqp) {
    String management = cluster.managementUri(1).toString().replace("://", "://admin:admin@");
    return DoctorFindings.of(
        ToolRun.of(
            Map.of(),
            List.of(
                "doctor",
                "--before-start",
                "--json",
                "--only",
                "rabbitmq",
                "--amqp",
                amqp.toString(),
                "--management",
                management)));
  }
}
