package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.system.rabbitmq.ManagementApi;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.Ports;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Login by certificate (SASL EXTERNAL) at a RabbitMQ with TLS. */
@TestInstance(Lifecycle.PER_CLASS)
class TlsLoginIT {

  private static final String USER = RabbitMqUser.BROKER.login();

  private final Path folder = TemporaryFolder.create(Path.of("target"), "tls-login-");
  private final PemFolder files = new PemFolder(folder);
  private final int port = Ports.free();
  private RabbitMqNode node;

  @BeforeAll
  void startRabbitMq() throws IOException {
    files.valid("server", "CN=localhost");
    files.valid("first", "CN=" + USER);
    files.valid("second", "CN=" + USER + ", O=Second");
    files.expired("expired", "CN=" + USER);
    files.valid("foreign", "CN=somebody");
    Path conf = folder.resolve("tls.conf");
    Files.writeString(
        conf,
        """
        listeners.ssl.1 = 127.0.0.1:%d
        ssl_options.cacertfile = %s
        ssl_options.certfile = %s
        ssl_options.keyfile = %s
        ssl_options.verify = verify_peer
        ssl_options.fail_if_no_peer_cert = false
        ssl_cert_login_from = common_name
        auth_mechanisms.1 = PLAIN
        auth_mechanisms.2 = EXTERNAL
        """
            .formatted(
                port,
                absolute(files.caFile()),
                absolute(files.certificate("server")),
                absolute(files.key("server"))));
    node =
        new RabbitMqNode(
            Checkout.root(),
            folder.resolve("rabbitmq"),
            List.of(
                "--conf", absolute(conf).toString(), "--plugin", "rabbitmq_auth_mechanism_ssl"));
    node.ctl("clear_password", USER);
  }

  @AfterAll
  void stopRabbitMq() {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void certificateReplacedOnDiskIsUsedAtTheNextLogin() throws IOException {
    files.replace("own", "first");
    try (Relay relay = new Relay(node::amqpUri, "tlsLogin")) {
      RoleProcess broker = relay.startWithFile("broker", "tls-broker", settings("own"));
      broker.awaitReady();
      awaitSubject("CN=broker");

      files.replace("own", "second");
      closeConnections();
      awaitSubject("Second");
      broker.awaitReady();

      files.replace("own", "expired");
      closeConnections();
      await("expired certificate")
          .atMost(Relay.PATIENCE)
          .until(() -> broker.output().contains(certificate("own") + " expired at "));
      assertThat(broker.isReady()).isFalse();

      files.replace("own", "foreign");
      await("certificate of somebody else")
          .atMost(Relay.PATIENCE)
          .until(
              () ->
                  broker
                      .output()
                      .contains(
                          certificate("own")
                              + " has the common name somebody, but the user in the address is"
                              + " broker"));
      assertThat(broker.isReady()).isFalse();

      files.replace("own", "first");
      broker.awaitReady();
      assertThat(broker.output()).contains(" WARN ").doesNotContain(" ERROR ");
    }
  }

  @Test
  void certificateOfAnotherUserIsRefusedAtTheStart() throws IOException {
    files.replace("other", "foreign");
    try (Relay relay = new Relay(node::amqpUri, "tlsLoginOfAnother")) {
      RoleProcess broker = relay.startWithFile("broker", "foreign-broker", settings("other"));
      assertThat(broker.awaitExitCode()).isEqualTo(2);
      assertThat(broker.output())
          .contains(
              "longcut.amqp.login: the certificate "
                  + certificate("other")
                  + " has the common name somebody, but the user in the address is broker; use the"
                  + " certificate of this user, or correct the address");
    }
  }

  private String certificate(String name) {
    return absolute(files.certificate(name)).toString();
  }

  private Path settings(String name) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".conf"),
        """
        longcut {
          amqp {
            uris = ["amqps://%s@localhost:%d/%s"]
            login = certificate
            tls { ca-file = "%s", cert-file = "%s", key-file = "%s" }
          }
          broker.admin.port = 0
        }
        """
            .formatted(
                USER,
                port,
                RabbitMqNode.VHOST,
                absolute(files.caFile()),
                certificate(name),
                absolute(files.key(name))));
  }

  private static Path absolute(Path file) {
    return file.toAbsolutePath();
  }

  private void closeConnections() {
    node.ctl("close_all_user_connections", USER, "this test");
  }

  /** Waits until all three connections of the broker have logged in with a certificate. */
  private void awaitSubject(String part) {
    ManagementApi api = new ManagementApi(node.managementUri(), RabbitMqUser.ADMIN);
    await("three connections with " + part)
        .atMost(Relay.PATIENCE)
        .untilAsserted(
            () -> {
              List<String> seen = new ArrayList<>();
              for (JsonNode each : api.get("/api/connections")) {
                seen.add(
                    "%s %s %s"
                        .formatted(
                            each.path("user").asText(),
                            each.path("auth_mechanism").asText(),
                            each.path("peer_cert_subject").asText()));
              }
              assertThat(seen)
                  .filteredOn(each -> each.startsWith(USER + " EXTERNAL ") && each.contains(part))
                  .hasSize(3);
            });
  }
}
