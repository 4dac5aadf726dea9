package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.StubServer;
import io.github.httplongcut.config.Role;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Warnings of several users for brokers. */
class BrokerUsersTest {

  private static final String SEVERAL = "'longcut' has several users for brokers: hub-1, hub-2;";

  private final StubServer rabbitMq = new StubServer();

  @TempDir private Path directory;

  @BeforeEach
  void begin() {
    rabbitMq.answer("/api/vhosts/longcut", 200, "{}");
    NamePages.topologyOfABroker(rabbitMq);
    rabbitMq.answer(
        "/api/bindings/longcut?columns=source,destination,destination_type,routing_key,properties_key",
        200,
        "[]");
    rabbitMq.answer("PUT /api/users/hub-2", 204, "");
    rabbitMq.answer("/api/permissions/longcut/hub-2", 204, "");
    rabbitMq.answer("/api/connections/username/hub-1", 200, "[]");
    rabbitMq.answer("/api/connections/username/hub-2", 200, "[]");
    rabbitMq.answer("/api/user-limits/hub-2/max-connections", 204, "");
  }

  @AfterEach
  void end() {
    rabbitMq.close();
  }

  @Test
  void grantWarnsOfAnotherUserForBrokers() {
    users(Role.BROKER, "hub-1");

    Tools grant = grant();

    assertThat(grant.out()).contains("created the user 'hub-2'");
    assertThat(grant.err()).contains(SEVERAL, "longcut.broker.users", "--processes N");
  }

  @Test
  void grantDoesNotWarnOfItsOwnUserAndOfAgents() {
    users(Role.CLIENT_AGENT, "acme");
    assertThat(grant().err()).isEmpty();

    users(Role.BROKER, "hub-2");
    assertThat(grant().err()).isEmpty();
  }

  @Test
  void grantsWarnsOfSeveralUsersWithoutAFailure() {
    users(Role.BROKER, "hub-1", "hub-2");
    Tools grants = Tools.of(GrantsCommand::new);

    assertThat(grants.run("--management", management())).as(grants.out()).isZero();

    assertThat(grants.err()).contains(SEVERAL);
  }

  private Tools grant() {
    Tools grant = Tools.of(GrantCommand::new);
    int exitCode =
        grant.run(
            "broker",
            "hub-2",
            "--management",
            management(),
            "--address",
            "amqps://rabbit.example",
            "--out",
            directory.resolve("hub-2.longcut").toString(),
            "--force");
    assertThat(exitCode).as(grant.err()).isZero();
    return grant;
  }

  private String management() {
    return rabbitMq.url().replace("http://", "http://ops:x@");
  }

  /** Gives RabbitMQ these users only. */
  private void users(Role role, String... names) {
    ArrayNode users = JsonOutput.object().putArray("users");
    ArrayNode all = JsonOutput.object().putArray("permissions");
    for (String name : names) {
      users.addObject().put("name", name);
      var permission =
          GrantedRights.of(role, name, "longcut", List.of("orders")).permission().orElseThrow();
      ObjectNode json =
          JsonOutput.object()
              .put("user", name)
              .put("vhost", "longcut")
              .put("configure", permission.configure())
              .put("write", permission.write())
              .put("read", permission.read());
      all.add(json);
      rabbitMq.answer("/api/users/" + name + "/permissions", 200, "[" + json + "]");
      rabbitMq.answer("/api/users/" + name + "/topic-permissions", 200, "[]");
    }
    rabbitMq.answer("/api/users", 200, users.toString());
    rabbitMq.answer("/api/vhosts/longcut/permissions", 200, all.toString());
  }
}
