package io.github.httplongcut.system.join;

import static io.github.httplongcut.system.join.Parties.succeed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.system.doctor.ToolRun;
import io.github.httplongcut.system.join.TimedLoad.Sent;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.TestUpstream;
import io.github.httplongcut.testkit.RelayProcess;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two parties join with a file each, and lose what their grants lose. */
@ExtendWith(RabbitMqExtension.class)
class JoinIT {

  private static final Logger log = LoggerFactory.getLogger(JoinIT.class);

  private static final Duration FIRST_ANSWER = Parties.FIRST_ANSWER;

  /** Longest time from a change of a grant to its effect. */
  private static final Duration EFFECT = Duration.ofSeconds(2);

  private static final List<String> GRANTED_FILES = List.of("acme.longcut", "acme.local.conf");

  /** Longest time until a target is served again: less than a process remembers a refusal. */
  private static final Duration REGRANTED = Duration.ofSeconds(10);

  /** Attempts to find a rate; those of the first half warm the processes up. */
  private static final int ROUNDS = 12;

  private static final String FORBIDDEN = "403 target_forbidden";
  private static final List<String> USERS = List.of("acme", "plant", "printed");

  private final RabbitMq rabbitMq;
  private Path folder;
  private Parties parties;
  private TestUpstream upstream;
  private Relay relay;

  JoinIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin(TestInfo test) {
    String name = test.getTestMethod().orElseThrow().getName();
    rabbitMq.purge();
    folder = TemporaryFolder.create(Path.of("target"), "join-");
    parties = new Parties(folder, rabbitMq.managementUri(), name);
    upstream = new TestUpstream();
    relay = new Relay(rabbitMq::amqpUri, name);
    relay.broker();
    relay.awaitReady();
  }

  @AfterEach
  void end() {
    parties.close();
    relay.close();
    upstream.close();
    USERS.forEach(user -> parties.longcut("revoke", user));
  }

  @Test
  void partiesJoinWithAFileEach() throws IOException {
    long start = System.nanoTime();
    ToolRun granted = grant("client-agent", "acme", "orders");
    succeed(granted);
    succeed(grant("upstream-agent", "plant", "orders"));
    RelayProcess client = parties.join("acme", "--port", "0");
    parties.join("plant", "--target", "orders=" + upstream.url());

    await("the first answer")
        .atMost(FIRST_ANSWER)
        .until(() -> parties.get(client, "/hello") == 200);
    log.info(
        "first answer {} ms after the first grant on RabbitMQ {}",
        Duration.ofNanos(System.nanoTime() - start).toMillis(),
        rabbitMq.version());

    JsonNode grants = parties.longcut("grants", "--json").json().path("grants");
    for (String user : List.of("acme", "plant")) {
      JsonNode grant = element(grants, "user", user);
      assertThat(grant.path("complaints")).as(grant.toString()).isEmpty();
      assertThat(grant.path("connections").asInt()).isEqualTo(2);
      assertThat(grant.path("limits").path("max-connections").asInt()).isEqualTo(4);
    }
    assertPasswordIsInItsFilesOnly(granted, client);
  }

  private void assertPasswordIsInItsFilesOnly(ToolRun granted, RelayProcess client)
      throws IOException {
    Path file = Path.of(parties.file("acme"));
    String password = new ObjectMapper().readTree(file.toFile()).path("password").asText();
    assertThat(password).hasSizeGreaterThan(10);
    assertThat(Files.getPosixFilePermissions(file))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    ToolRun settings =
        parties.longcut(
            "client-agent", "--check-config", "--config", folder.resolve("acme.conf").toString());
    succeed(settings);
    String commandLine = Files.readString(Path.of("/proc", Long.toString(client.pid()), "cmdline"));
    assertThat(commandLine).contains("acme.conf");
    assertThat(parties.log("acme")).contains("event=");
    for (String shown :
        List.of(granted.toString(), settings.toString(), commandLine, parties.log("acme"))) {
      assertThat(shown).doesNotContain(password);
    }
  }

  @Test
  void narrowedGrantForbidsTheTargetAtOnceOnABusyChannel() {
    RelayProcess client = bothJoinWithTwoTargets();
    String hash = passwordHash("acme");
    int port = client.port("http_listening");

    try (TimedLoad billing = TimedLoad.start(port, "/billing/x", 50);
        TimedLoad orders = TimedLoad.start(port, "/orders/x", 10)) {
      await().atMost(FIRST_ANSWER).until(() -> billing.answered() > 50);
      succeed(grant("client-agent", "acme", "orders"));
      long changed = System.nanoTime();
      long before = billing.answered();
      await().atMost(FIRST_ANSWER).until(() -> billing.answered() > before + 200);

      Map<String, Long> late =
          outcomes(billing.end(), each -> each.at() - changed > EFFECT.toNanos());
      assertThat(late).containsOnlyKeys(FORBIDDEN);
      assertThat(outcomes(orders.end(), each -> true))
          .containsKey("200")
          .doesNotContainKey(FORBIDDEN);
    }
    assertThat(passwordHash("acme")).isEqualTo(hash);

    succeed(grant("client-agent", "acme", "orders,billing"));
    await("billing again").atMost(REGRANTED).until(() -> parties.get(client, "/billing/x") == 200);
    assertThat(passwordHash("acme")).isEqualTo(hash);
  }

  @Test
  void upstreamAgentLosesTheBindingsOfALostTarget() {
    bothJoinWithTwoTargets();
    await().atMost(FIRST_ANSWER).until(() -> !bindingsWith("billing.plant.").isEmpty());

    ToolRun run = grant("upstream-agent", "plant", "orders");

    succeed(run);
    assertThat(bindingsWith("billing.plant.")).isEmpty();
    assertThat(run.out()).contains("remove billing from the settings");
  }

  @Test
  void revokedUserLeavesNothingAndCannotReturn() {
    RelayProcess client = bothJoinWithTwoTargets();
    String exchange = "/api/exchanges/" + RabbitMq.VHOST + "/client-agent.acme.own";
    rabbitMq.managementApi().put(exchange, Map.of("type", "fanout", "auto_delete", false));
    rabbitMq
        .managementApi()
        .post(
            "/api/bindings/" + RabbitMq.VHOST + "/e/broker_response/e/client_cancel",
            Map.of("routing_key", "acme.x", "arguments", Map.of()));
    assertThat(leftOf("acme")).hasSizeGreaterThan(4);

    ToolRun run = parties.longcut("revoke", "acme");

    succeed(run);
    assertThat(leftOf("acme")).as(run.toString()).isEmpty();
    assertThat(run.out()).contains("nothing of 'acme' is left");
    await("the client agent tries again, and RabbitMQ refuses it")
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !client.isReady() && leftOf("acme").isEmpty());
    ToolRun again = parties.longcut("revoke", "acme");
    succeed(again);
    assertThat(again.out()).contains("RabbitMQ has no user 'acme'");
  }

  @Test
  void importedDefinitionsGiveTheSamePermissions() throws IOException {
    succeed(grant("client-agent", "acme", "orders,billing"));
    ToolRun printed = grant("client-agent", "printed", "orders,billing", "--print");
    succeed(printed);
    Path definitions = Files.writeString(folder.resolve("printed.json"), printed.out());
    assertThat(leftOf("printed")).isEmpty();

    rabbitMq.importDefinitions(definitions);

    for (String page : List.of("/permissions", "/topic-permissions")) {
      assertThat(userPage("printed", page)).isEqualTo(userPage("acme", page)).isNotEqualTo("[]");
    }
    JsonNode limits = rabbitMq.management("/api/users/printed").path("limits");
    assertThat(limits).isEqualTo(rabbitMq.management("/api/users/acme").path("limits"));
    ToolRun join = parties.longcut("join", parties.file("printed"), "--no-start");
    succeed(join);
  }

  @Test
  void rotatedPasswordCostsNoAnswer() {
    RelayProcess client = bothJoinWithTwoTargets();
    String old = passwordHash("acme");
    int rate = sustainableRate(client);
    log.info("{} requests a second", rate);

    try (TimedLoad load = TimedLoad.start(client.port("http_listening"), "/orders/x", rate)) {
      await().atMost(FIRST_ANSWER).until(() -> load.answered() > rate);
      succeed(grant("client-agent", "acme", "orders,billing", "--new-password"));
      assertThat(passwordHash("acme")).isNotEqualTo(old);
      succeed(parties.longcut("join", parties.file("acme"), "--no-start"));
      succeed(grant("client-agent", "acme", "orders,billing", "--close-connections"));
      long before = load.answered();
      await().atMost(FIRST_ANSWER).until(() -> load.answered() > before + 3L * rate);

      assertThat(outcomes(load.end(), each -> true)).containsOnlyKeys("200");
    }
    assertThat(client.isReady()).isTrue();
  }

  @Test
  void joinExplainsARevokedGrantAndAForeignTarget() {
    succeed(grant("client-agent", "acme", "orders"));

    ToolRun foreign = parties.longcut("join", parties.file("acme"), "--upstream-target", "billing");
    assertThat(foreign.exitCode()).isEqualTo(2);
    assertThat(foreign.err()).contains("'billing' is not granted");

    succeed(parties.longcut("revoke", "acme"));
    ToolRun revoked = parties.longcut("join", parties.file("acme"), "--no-start");
    assertThat(revoked.exitCode()).isEqualTo(1);
    assertThat(revoked.err()).contains("rabbitmq.login", "ask RabbitMQ's operator for a new file");
    assertThat(folder.resolve("acme.conf")).doesNotExist();
    assertThat(folder.toFile().list()).contains("acme.longcut").isSubsetOf(GRANTED_FILES);
  }

  private RelayProcess bothJoinWithTwoTargets() {
    succeed(grant("client-agent", "acme", "orders,billing"));
    succeed(grant("upstream-agent", "plant", "orders,billing"));
    RelayProcess client = parties.join("acme", "--port", "0");
    parties.join(
        "plant", "--target", "orders=" + upstream.url(), "--target", "billing=" + upstream.url());
    await("both targets")
        .atMost(FIRST_ANSWER)
        .until(
            () ->
                parties.get(client, "/orders/x") == 200
                    && parties.get(client, "/billing/x") == 200);
    return client;
  }

  /**
   * Returns a rate at which no request fails: 200 a second, or less on a busy machine. A JVM that
   * has just started is slower.
   */
  private static int sustainableRate(RelayProcess client) {
    int rate = 200;
    for (int round = 0; round < ROUNDS; round++) {
      try (TimedLoad load = TimedLoad.start(client.port("http_listening"), "/orders/x", rate)) {
        int enough = 3 * rate;
        await().atMost(FIRST_ANSWER).until(() -> load.answered() > enough);
        if (outcomes(load.end(), each -> true).keySet().equals(Set.of("200"))) {
          return rate;
        }
      }
      if (round >= ROUNDS / 2) {
        rate = rate * 2 / 3;
      }
    }
    return rate;
  }

  private ToolRun grant(String role, String user, String targets, String... more) {
    List<String> arguments = new ArrayList<>(List.of("grant", role, user, "--targets", targets));
    arguments.addAll(List.of("--out", parties.file(user)));
    arguments.addAll(
        List.of("--address", "amqp://%s:%d".formatted(rabbitMq.host(), rabbitMq.amqpPort())));
    arguments.addAll(List.of(more));
    allowPlainText(user);
    return parties.longcut(arguments.toArray(String[]::new));
  }

  /** RabbitMQ in a container does not have the address 127.0.0.1. */
  private void allowPlainText(String user) {
    if (isOnThisHost()) {
      return;
    }
    try {
      Files.writeString(
          folder.resolve(user + ".local.conf"), "longcut.amqp.plain-text = allowed\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isOnThisHost() {
    return rabbitMq.host().equals("127.0.0.1") || rabbitMq.host().equals("localhost");
  }

  /** Returns how many of the requests had each outcome. */
  private static Map<String, Long> outcomes(List<Sent> sent, Predicate<Sent> selected) {
    return sent.stream()
        .filter(selected)
        .collect(Collectors.groupingBy(Sent::outcome, TreeMap::new, Collectors.counting()));
  }

  private String passwordHash(String user) {
    return rabbitMq.management("/api/users/" + user).path("password_hash").asText();
  }

  /** A page of a user, without the user's name. */
  private String userPage(String user, String page) {
    return rabbitMq
        .management("/api/users/" + user + page)
        .toString()
        .replace("\"user\":\"" + user + "\"", "")
        .replace("." + user + "\\", ".USER\\");
  }

  private List<String> bindingsWith(String key) {
    return Stream.of(rabbitMq.management("/api/bindings/" + RabbitMq.VHOST))
        .flatMap(all -> all.findValuesAsText("routing_key").stream())
        .filter(each -> each.startsWith(key))
        .toList();
  }

  private List<String> leftOf(String user) {
    return Leftovers.of(rabbitMq.managementApi(), user);
  }

  private static JsonNode element(JsonNode list, String field, String value) {
    for (JsonNode each : list) {
      if (each.path(field).asText().equals(value)) {
        return each;
      }
    }
    throw new AssertionError("no " + value + " in " + list);
  }
}
