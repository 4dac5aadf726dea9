package io.github.httplongcut.system.join;

import static io.github.httplongcut.system.join.Parties.succeed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.doctor.ToolRun;
import io.github.httplongcut.system.rabbitmq.ManagementApi;
import io.github.httplongcut.system.relay.PemFolder;
import io.github.httplongcut.system.relay.TestUpstream;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.Ports;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.RelayProcess;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All roles join a RabbitMQ with TLS, whose certificate a CA of its own has signed. */
@TestInstance(Lifecycle.PER_CLASS)
class JoinTlsIT {

  private static final Logger log = LoggerFactory.getLogger(JoinTlsIT.class);

  private final Path home = TemporaryFolder.create(Path.of("target"), "join-tls-");
  private final PemFolder pem = new PemFolder(home);
  private final int port = Ports.free();
  private RabbitMqNode node;
  private Path folder;
  private Parties parties;

  @BeforeAll
  void startRabbitMq() throws IOException {
    pem.valid("server", "CN=localhost");
    Path conf =
        Files.writeString(
            home.resolve("tls.conf"),
            """
            listeners.ssl.1 = 127.0.0.1:%d
            ssl_options.cacertfile = %s
            ssl_options.certfile = %s
            ssl_options.keyfile = %s
            """
                .formatted(
                    port,
                    pem.caFile().toAbsolutePath(),
                    pem.certificate("server").toAbsolutePath(),
                    pem.key("server").toAbsolutePath()));
    node =
        new RabbitMqNode(
            Checkout.root(),
            home.resolve("rabbitmq"),
            List.of("--conf", conf.toAbsolutePath().toString()));
  }

  @AfterAll
  void stopRabbitMq() {
    if (node != null) {
      node.close();
    }
  }

  @BeforeEach
  void begin(TestInfo test) {
    folder = TemporaryFolder.create(Path.of("target"), "join-tls-");
    String name = test.getTestMethod().orElseThrow().getName();
    parties = new Parties(folder, node.managementUri(), name);
  }

  @AfterEach
  void end() {
    parties.close();
  }

  @Test
  void allRolesJoin() throws IOException {
    try (TestUpstream upstream = new TestUpstream()) {
      long start = System.nanoTime();
      succeed(grant(pem, "broker", "hub"));
      succeed(grant(pem, "client-agent", "acme", "--targets", "orders"));
      succeed(grant(pem, "upstream-agent", "plant", "--targets", "orders"));
      parties.join("hub");
      RelayProcess client = parties.join("acme", "--port", "0");
      parties.join("plant", "--target", "orders=" + upstream.url());

      await("the first answer")
          .atMost(Parties.FIRST_ANSWER)
          .until(() -> parties.get(client, "/hello") == 200);
      log.info(
          "first answer {} ms after the first grant, with TLS",
          Duration.ofNanos(System.nanoTime() - start).toMillis());
    }
    assertThat(folder.resolve("acme.ca.pem")).hasSameTextualContentAs(pem.caFile());
    assertThat(connections("hub")).hasSize(3).allMatch(each -> each.endsWith(":" + port));
    assertThat(connections("acme")).hasSize(2).allMatch(each -> each.endsWith(":" + port));
    assertThat(connections("plant")).hasSize(2).allMatch(each -> each.endsWith(":" + port));
    revokeAll("hub", "acme", "plant");
  }

  /** The processes still run, and try to log in again. */
  private void revokeAll(String... users) {
    for (String user : users) {
      assertThat(Leftovers.of(rabbitMq(), user)).as(user).hasSizeGreaterThan(2);
      succeed(parties.longcut("revoke", user));
    }
    for (String user : users) {
      assertThat(Leftovers.of(rabbitMq(), user)).as(user).isEmpty();
    }
  }

  @Test
  void anotherCaIsNoWayToRabbitMq() {
    PemFolder other = new PemFolder(TemporaryFolder.create(Path.of("target"), "join-tls-"));
    succeed(grant(other, "client-agent", "acme", "--targets", "orders"));

    ToolRun join = parties.longcut("join", parties.file("acme"), "--no-start");

    assertThat(join.exitCode()).as(join.toString()).isEqualTo(1);
    assertThat(join.err()).contains("tls.rabbitmq", "not started");
    assertThat(folder.resolve("acme.conf")).doesNotExist();
  }

  private ToolRun grant(PemFolder ca, String role, String user, String... more) {
    List<String> arguments = new ArrayList<>(List.of("grant", role, user, "--new-password"));
    arguments.addAll(List.of("--address", "amqps://localhost:" + port));
    arguments.addAll(List.of("--ca", ca.caFile().toString(), "--out", parties.file(user)));
    arguments.addAll(List.of(more));
    return parties.longcut(arguments.toArray(String[]::new));
  }

  private ManagementApi rabbitMq() {
    return new ManagementApi(node.managementUri(), RabbitMqUser.ADMIN);
  }

  /** Names of the user's connections, which end with the port of RabbitMQ's listener. */
  private List<String> connections(String user) {
    List<String> names = new ArrayList<>();
    rabbitMq()
        .get("/api/connections/username/" + user)
        .forEach(connection -> names.add(connection.path("name").asText()));
    return names;
  }
}
