package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.StubServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Refusals, which change nothing in RabbitMQ. JoinIT tests what the commands do. */
class GrantCommandTest {

  private final StubServer rabbitMq = new StubServer();
  private final Tools grant = Tools.of(GrantCommand::new);
  private final Tools revoke = Tools.of(RevokeCommand::new);

  @TempDir private Path directory;

  @BeforeEach
  void begin() {
    rabbitMq.answer("/api/vhosts/longcut", 200, "{\"name\": \"longcut\"}");
    NamePages.topology(rabbitMq);
    rabbitMq.answer("/api/connections/username/acme", 200, "[]");
  }

  @AfterEach
  void nothingWasChanged() {
    assertThat(rabbitMq.requests()).allMatch(request -> request.startsWith("GET "));
    assertThat(directory).isEmptyDirectory();
    rabbitMq.close();
  }

  private void user(String tags, String configure) {
    rabbitMq.answer(
        "/api/users/acme",
        200,
        """
        {"name": "acme", "tags": [%s], "password_hash": "x", "hashing_algorithm": "y", "limits": {}}
        """
            .formatted(tags));
    rabbitMq.answer(
        "/api/users/acme/permissions",
        200,
        """
        [{"user": "acme", "vhost": "longcut", "configure": "%s", "write": "", "read": ""}]
        """
            .formatted(configure.replace("\\", "\\\\")));
    rabbitMq.answer("/api/users/acme/topic-permissions", 200, "[]");
  }

  @Test
  void userWithATagIsRefused() {
    user("\"impersonator\"", "^client-agent\\.acme\\..+$");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("'acme' has the tag impersonator");
    assertThat(revoke()).isEqualTo(1);
    assertThat(revoke.err()).contains("has the tag impersonator", "--force");
  }

  @Test
  void userOfAnotherRoleIsRefused() {
    user("", "^upstream-agent\\.acme\\..+$");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("has the role upstream-agent", "./longcut revoke acme");
  }

  @Test
  void userOfAnotherProgramIsRefused() {
    user("", ".*");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("other permissions than a process of the relay");
    assertThat(revoke()).isEqualTo(1);
  }

  @Test
  void missingVhostHasARemedy() {
    rabbitMq.answer("/api/vhosts/longcut", 404, "{}");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("no vhost 'longcut'", "import_definitions", "--vhost");
  }

  @Test
  void missingExchangeHasARemedy() {
    NamePages.topology(rabbitMq, "broker_error");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("lacks broker_error; import the definitions");
  }

  @Test
  void rabbitMqThatCannotListConnectionsIsRefused() {
    user("", "^client-agent\\.acme\\..+$");
    rabbitMq.answer("/api/connections/username/acme", 404, "{}");

    assertThat(grant()).isEqualTo(1);
    assertThat(grant.err()).contains("answers 404", "RabbitMQ 3.10.8 or later");
  }

  @Test
  void keptPasswordCannotBeWrittenToANewFile() {
    user("", "^client-agent\\.acme\\..+$");

    assertThat(grant()).isEqualTo(2);
    assertThat(grant.err()).contains("--new-password");
  }

  @Test
  void addressIsNeededForAFile() {
    assertThat(
            grant.run(
                "client-agent",
                "acme",
                "--targets",
                "orders",
                "--out",
                directory.resolve("acme.longcut").toString(),
                "--management",
                management()))
        .isEqualTo(2);
    assertThat(grant.err()).contains("--address is missing");
  }

  @Test
  void printedDefinitionsSayWhatAnImportDoesNotDelete(@TempDir Path other) {
    assertThat(
            grant.run(
                "client-agent",
                "acme",
                "--targets",
                "orders",
                "--address",
                "amqps://rabbit-1.example",
                "--out",
                other.resolve("acme.longcut").toString(),
                "--print"))
        .isZero();

    assertThat(grant.err())
        .contains("if 'acme' existed", "--close-connections", "bindings and topic permissions");
  }

  @Test
  void loginOfManagementCannotRevokeItself() {
    assertThat(revoke.run("ops", "--management", management())).isEqualTo(2);
  }

  @Test
  void passwordOfManagementMayBeInAFile(@TempDir Path other) throws Exception {
    Path file = Files.writeString(other.resolve("ops.password"), "s3cret\n");
    rabbitMq.answer("/api/vhosts/longcut", 404, "{}");

    grant.run(
        "broker",
        "b1",
        "--management",
        management().replace("ops:x@", "ops@"),
        "--management-password-file",
        file.toString());

    // ops:s3cret
    assertThat(rabbitMq.requests().get(0)).contains("Basic b3BzOnMzY3JldA==");
  }

  private String management() {
    return rabbitMq.url().replace("http://", "http://ops:x@");
  }

  private int grant() {
    return grant.run(
        "client-agent",
        "acme",
        "--targets",
        "orders",
        "--address",
        "amqps://rabbit-1.example",
        "--out",
        directory.resolve("acme.longcut").toString(),
        "--management",
        management());
  }

  private int revoke() {
    return revoke.run("acme", "--management", management());
  }
}
