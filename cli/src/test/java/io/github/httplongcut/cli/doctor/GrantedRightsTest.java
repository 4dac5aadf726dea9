package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.config.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrantedRightsTest {

  private static final String EVERY_TARGET = "^[A-Za-z0-9_-]+\\.";

  /** The demo's users may call and serve every target. */
  @ParameterizedTest
  @EnumSource
  void rightsAreThoseOfTheDemosUsersButForTheTargets(Role role) throws Exception {
    DeclaredRights granted = GrantedRights.of(role, role.key(), "longcut", targetsOf(role));
    JsonNode demo =
        FakeManagement.parsed(
            Files.readString(
                Path.of(System.getProperty("longcut.root"), "rabbitmq/demo-users.json")));

    assertThat(granted.permission()).contains(permission(demo, role.key()));
    assertThat(granted.topics()).isEqualTo(topics(demo, role.key()));
  }

  private static List<String> targetsOf(Role role) {
    return role == Role.BROKER ? List.of() : List.of("orders", "billing");
  }

  private static DeclaredRights.Permission permission(JsonNode demo, String user) {
    for (JsonNode each : demo.path("permissions")) {
      if (each.path("user").asText().equals(user)) {
        return new DeclaredRights.Permission(
            each.path("configure").asText(),
            each.path("write").asText(),
            each.path("read").asText());
      }
    }
    throw new AssertionError(user);
  }

  private static Map<String, DeclaredRights.TopicPermission> topics(JsonNode demo, String user) {
    Map<String, DeclaredRights.TopicPermission> topics = new HashMap<>();
    for (JsonNode each : demo.path("topic_permissions")) {
      if (each.path("user").asText().equals(user)) {
        topics.put(
            each.path("exchange").asText(),
            new DeclaredRights.TopicPermission(
                limited(each.path("write").asText()), limited(each.path("read").asText())));
      }
    }
    return topics;
  }

  private static String limited(String expression) {
    return expression.replace(EVERY_TARGET, "^(orders|billing)\\.");
  }

  @ParameterizedTest
  @EnumSource
  void rightsContainTheirRoleAndTargets(Role role) {
    DeclaredRights granted = GrantedRights.of(role, "acme", "longcut", targetsOf(role));

    assertThat(GrantedRights.roleOf(granted)).contains(role);
    assertThat(GrantedRights.targetsOf(role, granted)).contains(targetsOf(role));
    assertThat(GrantedRights.reachEveryTarget(role, granted)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^client-agent\\..+$",
        "^upstream-agent\\..+$",
        "^broker\\..+$",
        "^heartbeats\\..+$",
        "^client_request$",
        "^broker_response$"
      })
  void accessToAnyInboxOrExchangeUsesTheRelay(String expression) {
    assertThat(GrantedRights.useTheRelay(rights(expression, "^$", "^$"))).isTrue();
    assertThat(GrantedRights.useTheRelay(rights("^$", expression, "^$"))).isTrue();
    assertThat(GrantedRights.useTheRelay(rights("^$", "^$", expression))).isTrue();
  }

  @Test
  void publishingToTheDefaultExchangeUsesTheRelay() {
    assertThat(GrantedRights.useTheRelay(rights("^$", "^amq\\.default$", "^$"))).isTrue();
    assertThat(GrantedRights.useTheRelay(rights("^$", "^$", "^amq\\.default$"))).isFalse();
  }

  @Test
  void ownNamesDoNotUseTheRelay() {
    assertThat(GrantedRights.useTheRelay(rights("^own-.*$", "^own-.*$", "^own-.*$"))).isFalse();
  }

  private static DeclaredRights rights(String configure, String write, String read) {
    return new DeclaredRights(
        "watcher",
        "longcut",
        Optional.of(new DeclaredRights.Permission(configure, write, read)),
        Map.of());
  }

  @Test
  void missingTopicPermissionReachesEveryTarget() {
    DeclaredRights granted =
        GrantedRights.of(Role.CLIENT_AGENT, "acme", "longcut", List.of("orders"));
    Map<String, DeclaredRights.TopicPermission> topics = new HashMap<>(granted.topics());
    topics.remove("client_request");

    DeclaredRights wide = new DeclaredRights("acme", "longcut", granted.permission(), topics);

    assertThat(GrantedRights.reachEveryTarget(Role.CLIENT_AGENT, wide)).isTrue();
    assertThat(GrantedRights.targetsOf(Role.CLIENT_AGENT, wide)).isEmpty();
  }

  @Test
  void targetsAreWholeNames() {
    DeclaredRights granted =
        GrantedRights.of(Role.CLIENT_AGENT, "acme", "longcut", List.of("a-b", "c_d"));

    assertThat(granted.allow(AccessAttempt.writeKey("client_request", "a-b.acme.x-abcdef")))
        .isTrue();
    assertThat(granted.allow(AccessAttempt.writeKey("client_request", "xa-b.acme.x-abcdef")))
        .isFalse();
    assertThat(granted.allow(AccessAttempt.writeKey("client_request", "a-bx.acme.x-abcdef")))
        .isFalse();
    assertThat(granted.allow(AccessAttempt.writeKey("client_request", "a-b.plant.x-abcdef")))
        .isFalse();
  }
}
