package io.github.httplongcut.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodePortsTest {

  @TempDir private Path directory;

  @Test
  void readsThePortsOfANode() throws IOException {
    Files.writeString(
        directory.resolve("node.env"),
        "RABBITMQ_AMQP_PORT=20001\nRABBITMQ_MANAGEMENT_PORT=20002\nRABBITMQ_DIST_PORT=20003\n");

    NodePorts ports = NodePorts.of(directory);

    assertThat(ports).isEqualTo(new NodePorts(20001, 20002));
    assertThat(ports.managementUri()).isEqualTo(URI.create("http://127.0.0.1:20002"));
    assertThat(RabbitMqUser.BROKER.amqpUri(ports.amqp()))
        .isEqualTo(URI.create("amqp://broker:broker@127.0.0.1:20001/longcut"));
  }

  @Test
  void missingPortIsAnError() throws IOException {
    Files.writeString(directory.resolve("node.env"), "RABBITMQ_AMQP_PORT=20001\n");

    assertThatThrownBy(() -> NodePorts.of(directory))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("RABBITMQ_MANAGEMENT_PORT");
  }
}
