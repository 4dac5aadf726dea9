package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrantTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a b", "a$", "ä", "^.*$", "{username}", "a/b"})
  void namesAreThoseOfTheProtocol(String name) {
    assertThatThrownBy(() -> clientAgent(name, "orders"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("NAME: expected a name of");
    assertThatThrownBy(() -> clientAgent("acme", name))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("--targets: expected a name of");
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin", "guest", "client-agent", "broker", "upstream-agent"})
  void usersWithPublicPasswordsGetNoGrant(String name) {
    assertThatThrownBy(() -> clientAgent(name, "orders")).hasMessageContaining("public");
  }

  @Test
  void agentsHaveTargetsAndBrokersHaveNone() {
    assertThatThrownBy(() -> clientAgent("acme")).hasMessageContaining("--targets is missing");
    assertThatThrownBy(
            () -> new Grant(Role.BROKER, "b1", "longcut", List.of("orders"), OptionalInt.of(1)))
        .hasMessageContaining("a broker serves all targets");
  }

  @Test
  void limitsGrowWithTheProcesses() {
    Grant agent =
        new Grant(Role.CLIENT_AGENT, "acme", "longcut", List.of("orders"), OptionalInt.of(3));
    Grant broker = new Grant(Role.BROKER, "b1", "longcut", List.of(), OptionalInt.of(3));

    assertThat(agent.limits()).isEqualTo(new UserLimits(12, 120));
    assertThat(broker.limits()).isEqualTo(new UserLimits(24, UserLimits.NONE));
    assertThat(broker.limits().json().toString()).isEqualTo("{\"max-connections\":24}");
    assertThatThrownBy(() -> new Grant(Role.BROKER, "b1", "longcut", List.of(), OptionalInt.of(0)))
        .hasMessageContaining("--processes");
  }

  @Test
  void brokersNeedManyChannels() {
    Grant broker = new Grant(Role.BROKER, "b1", "longcut", List.of(), OptionalInt.empty());

    assertThat(complaints(broker.rights(), broker.limits())).isEmpty();
    assertThat(complaints(broker.rights(), new UserLimits(8, 1_010))).isEmpty();
    assertThat(complaints(broker.rights(), new UserLimits(4, 40)))
        .containsExactly("may open only 40 channels: repeat the grant with --processes");
  }

  @Test
  void rowNamesTopicPermissionsThatDiffer() {
    DeclaredRights granted = clientAgent("acme", "orders").rights();
    Map<String, TopicPermission> anyKey = new HashMap<>(granted.topics());
    anyKey.put("client_request", new TopicPermission("^(orders)\\..+$", "^$"));
    Map<String, TopicPermission> surplus = new HashMap<>(granted.topics());
    surplus.put("orphan", new TopicPermission(".*", ".*"));

    assertThat(complaints(withTopics(granted, anyKey), new UserLimits(4, 40)))
        .containsExactly("its topic permissions differ from those of a grant");
    assertThat(complaints(withTopics(granted, surplus), new UserLimits(4, 40)))
        .containsExactly("has topic permissions for orphan, which a grant does not have");
  }

  @Test
  void usersOfTheRelaysExchangesWithoutARoleAreListed() {
    DeclaredRights all =
        new DeclaredRights("x", "longcut", Optional.of(new Permission(".*", ".*", ".*")), Map.of());
    DeclaredRights other =
        new DeclaredRights(
            "x", "longcut", Optional.of(new Permission("^x$", "^x$", "^x$")), Map.of());

    assertThat(complaints(all, new UserLimits(4, 40)))
        .containsExactly("may use the relay's exchanges or inboxes without a role's permissions");
    assertThat(GrantRow.of(state(other, Set.of()), () -> 0)).isEmpty();
    assertThat(GrantRow.of(state(all, Set.of("administrator")), () -> 0)).isEmpty();
  }

  private static DeclaredRights withTopics(
      DeclaredRights rights, Map<String, TopicPermission> topics) {
    return new DeclaredRights(rights.user(), rights.vhost(), rights.permission(), topics);
  }

  private static List<String> complaints(DeclaredRights rights, UserLimits limits) {
    UserState user =
        new UserState(rights.user(), Set.of(), new PasswordHash("", ""), rights, Set.of(), limits);
    return GrantRow.of(user, () -> 0).orElseThrow().complaints();
  }

  private static UserState state(DeclaredRights rights, Set<String> tags) {
    return new UserState(
        rights.user(), tags, new PasswordHash("", ""), rights, Set.of(), new UserLimits(4, 40));
  }

  @Test
  void definitionsHaveTheGrantAndNoPassword() {
    Secret password = PasswordHash.newPassword();

    var json = GrantDefinitions.of(clientAgent("acme", "orders"), password);

    assertThat(json.path("users").get(0).path("limits").path("max-connections").asInt())
        .isEqualTo(4);
    assertThat(json.path("topic_permissions")).hasSize(5);
    assertThat(json.toString()).doesNotContain(password.value()).contains("^(orders)");
  }

  @Test
  void rowOfAGrantHasNoComplaint() {
    GrantRow row = GrantRow.of(user(Set.of(), new UserLimits(4, 40)), () -> 2).orElseThrow();

    assertThat(row.complaints()).isEmpty();
    assertThat(row.targets()).containsExactly("orders");
    assertThat(row.connections()).isEqualTo(2);
  }

  @Test
  void rowNamesTagsAndMissingLimits() {
    UserState user = user(Set.of("impersonator"), new UserLimits(-1, 40));

    assertThat(GrantRow.of(user, () -> 0).orElseThrow().complaints())
        .containsExactly("has the tag impersonator", "has no limit of connections or channels");
  }

  private static UserState user(Set<String> tags, UserLimits limits) {
    return new UserState(
        "acme",
        tags,
        PasswordHash.of(new Secret("x")),
        clientAgent("acme", "orders").rights(),
        Set.of(),
        limits);
  }

  @Test
  void rowOfAUserWithoutARoleIsMissing() {
    UserState user =
        new UserState(
            "x",
            Set.of(),
            PasswordHash.of(new Secret("x")),
            new DeclaredRights("x", "longcut", Optional.empty(), Map.of()),
            Set.of(),
            new UserLimits(-1, -1));

    assertThat(GrantRow.of(user, () -> 0)).isEmpty();
    assertThat(user.isEmpty()).isTrue();
  }

  private static Grant clientAgent(String name, String... targets) {
    return new Grant(Role.CLIENT_AGENT, name, "longcut", List.of(targets), OptionalInt.empty());
  }
}
