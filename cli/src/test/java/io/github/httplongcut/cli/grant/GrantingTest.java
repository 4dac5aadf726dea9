package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import io.github.httplongcut.cli.join.JoiningFile;
import io.github.httplongcut.cli.join.RabbitMqAddress;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.StubServer;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests with which a grant changes RabbitMQ. */
class GrantingTest {

  private static final Grant GRANT =
      new Grant(Role.CLIENT_AGENT, "acme", "longcut", List.of("orders"), OptionalInt.empty());

  private static final String BINDINGS =
      "/api/bindings/longcut?columns=source,destination,destination_type,routing_key,properties_key";

  private final StubServer rabbitMq = new StubServer();
  private final Tools grant = Tools.of(GrantCommand::new);

  @TempDir private Path directory;

  @BeforeEach
  void begin() {
    rabbitMq.answer("/api/vhosts/longcut", 200, "{}");
    NamePages.topology(rabbitMq);
    rabbitMq.answer(BINDINGS, 200, "[]");
    rabbitMq.answer("/api/connections/username/acme", 200, "[]");
    rabbitMq.answer("/api/permissions/longcut/acme", 204, "");
    rabbitMq.answer("/api/topic-permissions/longcut/acme", 204, "");
    rabbitMq.answer("/api/user-limits/acme/max-connections", 204, "");
    rabbitMq.answer("/api/user-limits/acme/max-channels", 204, "");
    user(PasswordHash.of(new Secret("x")).base64(), "12", GRANT.rights().topics());
  }

  @AfterEach
  void end() {
    rabbitMq.close();
  }

  private void user(String hash, String connections, Map<String, TopicPermission> topics) {
    rabbitMq.answer(
        "/api/users/acme",
        200,
        """
        {"name": "acme", "tags": [], "password_hash": "%s",
         "hashing_algorithm": "rabbit_password_hashing_sha256",
         "limits": {"max-connections": %s, "max-channels": 120}}
        """
            .formatted(hash, connections));
    var permission = GRANT.rights().permission().orElseThrow();
    ArrayNode permissions = JsonOutput.object().putArray("all");
    permissions
        .addObject()
        .put("vhost", "longcut")
        .put("configure", permission.configure())
        .put("write", permission.write())
        .put("read", permission.read());
    rabbitMq.answer("/api/users/acme/permissions", 200, permissions.toString());
    ArrayNode all = JsonOutput.object().putArray("all");
    topics.forEach(
        (exchange, topic) ->
            all.addObject()
                .put("vhost", "longcut")
                .put("exchange", exchange)
                .put("write", topic.write())
                .put("read", topic.read()));
    rabbitMq.answer("/api/users/acme/topic-permissions", 200, all.toString());
  }

  @Test
  void newPasswordKeepsLimitsAndConnections() {
    Path file = grantNewPassword();

    assertThat(changes()).containsExactly("PUT /api/users/acme");
    assertThat(file).exists();
    assertThat(grant.out()).contains("kept the user 'acme'", "changed the password");
  }

  /** Returns the file for joining. */
  private Path grantNewPassword() {
    Path file = directory.resolve("acme.longcut");
    assertThat(
            grant(
                "--new-password", "--out", file.toString(), "--address", "amqps://rabbit.example"))
        .as(grant.err())
        .isZero();
    return file;
  }

  @Test
  void otherLimitsCloseNoConnection() {
    assertThat(grant("--processes", "2")).as(grant.err()).isZero();

    assertThat(changes())
        .containsExactly(
            "PUT /api/user-limits/acme/max-connections", "PUT /api/user-limits/acme/max-channels");
    assertThat(grant.out()).contains("changed the user 'acme'").doesNotContain("closed");
  }

  @Test
  void keptPasswordIsSaid() {
    assertThat(grant()).isZero();

    assertThat(changes()).isEmpty();
    assertThat(grant.out()).contains("kept the password, and wrote no file", "--new-password");
  }

  @Test
  void userWhoLogsInByCertificateGetsNoPassword() {
    user("", "12", GRANT.rights().topics());

    assertThat(grant()).isZero();

    assertThat(changes()).isEmpty();
    assertThat(grant.out()).contains("without a password", "--new-password");
  }

  @Test
  void surplusTopicPermissionsGoWhileTheUserCanDoNothing() {
    Map<String, TopicPermission> topics = new HashMap<>(GRANT.rights().topics());
    topics.put("orphan", new TopicPermission(".*", ".*"));
    user("x", "12", topics);

    assertThat(grant()).as(grant.err()).isZero();

    List<String> changes = changes();
    assertThat(changes.subList(0, 4))
        .containsExactly(
            "PUT /api/permissions/longcut/acme",
            "DELETE /api/connections/username/acme",
            "DELETE /api/topic-permissions/longcut/acme",
            "PUT /api/topic-permissions/longcut/acme");
    assertThat(rabbitMq.requests())
        .filteredOn(request -> request.startsWith("PUT /api/permissions"))
        .first()
        .asString()
        .contains("\"write\":\"\"", "\"read\":\"\"");
    assertThat(changes.subList(changes.size() - 2, changes.size()))
        .containsExactly(
            "PUT /api/permissions/longcut/acme", "DELETE /api/connections/username/acme");
  }

  @Test
  void connectionsAreListedAfterTheChangeOfPermissions() {
    user("x", "12", Map.of());

    assertThat(grant()).as(grant.err()).isZero();

    List<String> requests = withoutDetails(rabbitMq.requests());
    int changed = requests.lastIndexOf("PUT /api/permissions/longcut/acme");
    int closed = requests.indexOf("DELETE /api/connections/username/acme");
    assertThat(requests.subList(changed, closed)).contains("GET /api/connections/username/acme");
  }

  /** RabbitMQ fails if a connection ends by itself while RabbitMQ closes the user's connections. */
  @Test
  void failedClosingOfConnectionsIsRepeated() {
    user("x", "12", Map.of());
    String close = "DELETE /api/connections/username/acme";
    rabbitMq.answer(
        close,
        500,
        () -> {
          rabbitMq.answer(close, 204, ""); // the next time
          return "{}";
        });

    assertThat(grant()).as(grant.err()).isZero();

    assertThat(changes()).filteredOn(close::equals).hasSize(2);
  }

  /** A new password may fail to be set, and a repeated grant would then close nothing. */
  @Test
  void connectionsAreClosedBeforeThePasswordIsSet() {
    user("x", "12", Map.of());

    grantNewPassword();

    assertThat(changes())
        .endsWith(
            "PUT /api/permissions/longcut/acme",
            "DELETE /api/connections/username/acme",
            "PUT /api/users/acme");
  }

  @Test
  void failedChangeOfPermissionsIsRepeatedWithAClosing() {
    user("x", "12", Map.of());
    rabbitMq.answer("/api/permissions/longcut/acme", 500, "{}");

    assertThat(grant()).isEqualTo(1);

    assertThat(grant.err()).contains("failed: permissions", "with --close-connections");
  }

  /** The repeated command finds a user with permissions, which gets no password unasked. */
  @Test
  void failedPasswordOfANewUserIsRepeatedWithANewPassword() {
    rabbitMq.answer("/api/users/acme/permissions", 200, "[]");
    rabbitMq.answer("PUT /api/users/acme", 500, "{}");
    Path file = directory.resolve("acme.longcut");

    assertThat(grant("--out", file.toString(), "--address", "amqps://rabbit.example")).isEqualTo(1);

    assertThat(grant.err())
        .contains("failed: password", "Repeat the command with --new-password")
        .doesNotContain("--close-connections");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void failedPermissionsOfANewUserAreRepeatedWithANewPassword() {
    rabbitMq.answer("/api/users/acme/permissions", 200, "[]");
    rabbitMq.answer("/api/permissions/longcut/acme", 500, "{}");
    Path file = directory.resolve("acme.longcut");

    assertThat(grant("--out", file.toString(), "--address", "amqps://rabbit.example")).isEqualTo(1);

    assertThat(grant.err())
        .contains("failed: permissions", "with --new-password and --close-connections");
  }

  @Test
  void otherFailuresAreRepeatedAsTheyAre() {
    rabbitMq.answer(BINDINGS, 500, "{}");

    assertThat(grant()).isEqualTo(1);

    assertThat(grant.err())
        .contains("failed: removal of bindings", "The command can be repeated")
        .doesNotContain("--close-connections");
  }

  @Test
  void fileIsCheckedBeforeRabbitMqIsChanged() throws Exception {
    user(PasswordHash.of(new Secret("x")).base64(), "12", Map.of());
    Path file = directory.resolve("acme.longcut");
    String old = joiningFile("longcut").text();
    Files.writeString(file, old);

    assertThat(grant("--out", file.toString(), "--ca", "missing.pem")).isEqualTo(2);

    assertThat(grant.err()).contains("--ca: cannot read missing.pem");
    assertThat(changes()).isEmpty();
    assertThat(file).hasContent(old);
  }

  /** The file may be that of another RabbitMQ, whose password is nowhere else. */
  @Test
  void fileWithAnotherPasswordIsNotOverwrittenByANewPassword() throws Exception {
    user(PasswordHash.of(new Secret("other")).base64(), "12", Map.of());
    Path file = directory.resolve("acme.longcut");
    String old = joiningFile("longcut").text();
    Files.writeString(file, old);

    assertThat(grant("--new-password", "--out", file.toString())).isEqualTo(2);

    assertThat(grant.err())
        .contains(file + " does not have the present password of 'acme'", "--out", "--force");
    assertThat(changes()).isEmpty();
    assertThat(file).hasContent(old);
  }

  @Test
  void fileOfARevokedGrantIsNotOverwrittenWithoutForce() throws Exception {
    newUser();
    Path file = directory.resolve("acme.longcut");
    String old = joiningFile("longcut").text();
    Files.writeString(file, old);

    assertThat(grant("--out", file.toString(), "--address", "amqps://other.example")).isEqualTo(2);
    assertThat(grant.err()).contains("of a revoked grant", "move it away", "--force");
    assertThat(grant("--out", file.toString(), "--force")).isEqualTo(2);
    assertThat(grant.err()).contains("--address is missing");
    assertThat(changes()).isEmpty();
    assertThat(file).hasContent(old);

    assertThat(grant("--out", file.toString(), "--force", "--address", "amqps://other.example"))
        .as(grant.err())
        .isZero();
    assertThat(file).content().contains("amqps://other.example").doesNotContain("rabbit.example");
  }

  @Test
  void newPasswordKeepsTheAddressesOfTheFile() throws Exception {
    Path file = directory.resolve("acme.longcut");
    Files.writeString(file, joiningFile("longcut").text());

    assertThat(grant("--new-password", "--out", file.toString())).as(grant.err()).isZero();

    assertThat(file).content().contains("amqps://rabbit.example").doesNotContain("\"x\"");
  }

  /** RabbitMQ before 3.10.8 could list them only for users with connections. */
  @Test
  void rabbitMqThatCannotListConnectionsGetsNoNewUser() {
    newUser();
    rabbitMq.answer("/api/connections/username/acme", 404, "{}");
    Path file = directory.resolve("acme.longcut");

    assertThat(grant("--out", file.toString(), "--address", "amqps://rabbit.example")).isEqualTo(1);

    assertThat(grant.err()).contains("answers 404", "RabbitMQ 3.10.8 or later");
    assertThat(changes()).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  /** Makes RabbitMQ answer as if the user did not exist yet. */
  private void newUser() {
    rabbitMq.answer("GET /api/users/acme", 404, "{}");
    rabbitMq.answer("PUT /api/users/acme", 201, "");
  }

  @Test
  void vhostIsThatOfTheFile() throws Exception {
    rabbitMq.answer("/api/vhosts/prod", 404, "{}");
    Path file = directory.resolve("acme.longcut");
    Files.writeString(file, joiningFile("prod").text());

    assertThat(grant("--out", file.toString())).isEqualTo(1);

    assertThat(grant.err()).contains("no vhost 'prod'");
  }

  @Test
  void administratorsPasswordThatOthersCanReadIsAWarning() throws Exception {
    Path password = Files.writeString(directory.resolve("ops.password"), "x");
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));

    int exitCode =
        grant.run(
            "client-agent",
            "acme",
            "--targets",
            "orders",
            "--management",
            rabbitMq.url().replace("http://", "http://ops@"),
            "--management-password-file",
            password.toString());

    assertThat(exitCode).as(grant.err()).isZero();
    assertThat(grant.err()).containsOnlyOnce("chmod 600 " + password);
  }

  private static JoiningFile joiningFile(String vhost) {
    return new JoiningFile(
        Role.CLIENT_AGENT,
        "acme",
        new Secret("x"),
        vhost,
        List.of(RabbitMqAddress.parse("amqps://rabbit.example", "--address")),
        List.of("orders"),
        Optional.empty());
  }

  @Test
  void userWithoutLimitsIsSaid() {
    user("x", "-1", GRANT.rights().topics());

    assertThat(grant()).isZero();
    assertThat(grant.out()).contains("does not limit its connections", "--processes N");

    assertThat(grant("--processes", "2")).isZero();
    assertThat(grant.out()).doesNotContain("does not limit");
  }

  /** A user can declare so many exchanges that the complete list is too long to read. */
  @Test
  void grantReadsNoCompleteListOfExchanges() {
    rabbitMq.answer("/api/exchanges/longcut?columns=name", 200, " ".repeat((16 << 20) + 1));

    assertThat(grant()).as(grant.err()).isZero();
  }

  private int grant(String... more) {
    List<String> arguments = new ArrayList<>(List.of("client-agent", "acme"));
    arguments.addAll(List.of("--targets", "orders", "--management", management()));
    arguments.addAll(List.of(more));
    return grant.run(arguments.toArray(String[]::new));
  }

  private String management() {
    return rabbitMq.url().replace("http://", "http://ops:x@");
  }

  private List<String> changes() {
    return withoutDetails(rabbitMq.requests()).stream()
        .filter(request -> !request.startsWith("GET "))
        .toList();
  }

  private static List<String> withoutDetails(List<String> requests) {
    return requests.stream().map(each -> each.replaceFirst(" Basic (?s).*", "")).toList();
  }
}
