package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.StubServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

  private final Tools tool = Tools.of(DoctorCommand::new);

  @TempDir private Path directory;

  @Test
  void withoutASourceTheUsageIsWrong() {
    assertThat(tool.run()).isEqualTo(2);
    assertThat(tool.err())
        .startsWith("longcut: nothing to check: give --config, --amqp, --management or --broker");
  }

  @Test
  void anUnknownCategoryIsAWrongUsage() {
    assertThat(tool.run("--only", "weather")).isEqualTo(2);
    assertThat(tool.err())
        .contains(
            "expected one of config, network, tls, rabbitmq, topology, permissions, targets, relay,"
                + " production, found");
  }

  @Test
  void aFailureIsFound() throws Exception {
    String amqp = "amqp://admin:a-password@127.0.0.1:" + closedPort() + "/longcut";

    assertThat(tool.run("--amqp", amqp, "--only", "network")).isEqualTo(1);

    assertThat(tool.out())
        .contains("OK    network.resolve     addresses found for 127.0.0.1\n")
        .contains("FAIL  network.rabbitmq    cannot connect to 127.0.0.1:")
        .contains("      see:    docs/operations.md#network-rabbitmq\n")
        .containsPattern("\n1 of 4 checks failed, 2 skipped, in \\d+\\.\\d s\n$")
        .doesNotContain("a-password");
  }

  @Test
  void categoriesCanBeRepeated() throws Exception {
    String amqp = "amqp://admin:a-password@127.0.0.1:" + closedPort() + "/longcut";
    tool.run("--amqp", amqp, "--only", "config", "--only", "tls");
    assertThat(tool.out()).contains("config.file", "tls.insecure").doesNotContain("topology.");
  }

  @Test
  void jsonIsOneObject() throws Exception {
    try (StubServer broker = new StubServer()) {
      broker.answer(
          "/api/process",
          200,
          "{\"role\": \"broker\", \"id\": \"broker.b-aaaaaa\", \"ready\": true}");

      int exitCode = tool.run("--broker", broker.url(), "--only", "relay", "--json");

      JsonNode json = FakeManagement.parsed(tool.out());
      assertThat(json.path("failed").asInt()).isZero();
      assertThat(exitCode).isZero();
      assertThat(json.path("checks")).hasSize(5);
      assertThat(json.path("checks").get(1).path("seen").asText())
          .isEqualTo("ready: broker.b-aaaaaa");
    }
  }

  @Test
  void beforeTheStartNoProcessIsAsked() throws Exception {
    try (StubServer broker = new StubServer()) {
      String amqp = "amqp://admin:a-password@127.0.0.1:" + closedPort() + "/longcut";
      tool.run("--amqp", amqp, "--broker", broker.url(), "--before-start");
      assertThat(tool.out()).doesNotContain("relay.", "network.brokers");
    }
  }

  @Test
  void theSettingsOfARoleAreReadAsTheRoleDoes() throws Exception {
    Path settings =
        Files.writeString(
            directory.resolve("agent.conf"),
            """
            longcut {
              amqp.uris = "amqp://plant:a-password@127.0.0.1:%d/longcut"
              upstream-agent { targets.orders { url = "http://127.0.0.1:%d" }, drain = 5s }
            }\
            """
                .formatted(closedPort(), closedPort()));

    assertThat(tool.run("--config", settings.toString(), "--before-start")).isEqualTo(1);

    assertThat(tool.out())
        .contains("longcut.upstream-agent.drain: unknown key; known keys: ")
        .contains("FAIL  network.rabbitmq");
  }

  @Test
  void theServersOfTheSettingsAreTried() throws Exception {
    Path settings =
        Files.writeString(
            directory.resolve("agent.conf"),
            """
            longcut {
              amqp.uris = "amqp://plant:a-password@127.0.0.1:%d/longcut"
              upstream-agent.targets.orders.url = "http://127.0.0.1:%d"
            }\
            """
                .formatted(closedPort(), closedPort()));

    tool.run("--config", settings.toString(), "--only", "targets", "--only", "config");

    assertThat(tool.out())
        .contains("agent.conf is valid for upstream-agent")
        .contains("FAIL  targets.server       orders: cannot connect to 127.0.0.1:");
  }

  @Test
  void settingsThatAreNotSettingsAreAFailure() throws Exception {
    Path settings = Files.writeString(directory.resolve("bad.conf"), "longcut { amqp.uris = [");
    assertThat(tool.run("--config", settings.toString())).isEqualTo(1);
    assertThat(tool.out())
        .contains("FAIL  config.file")
        .contains("SKIP  rabbitmq.login       config.file failed");
  }

  private static int closedPort() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
