package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.util.List;
import java.util.Optional;
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
    assertThatThrownBy(() -> new Grant(Role.BROKER, "b1", "longcut", List.of("orders"), 1))
        .hasMessageContaining("a broker serves all targets");
  }

  @Test
  void limitsGrowWithTheProcesses() {
    Grant grant = new Grant(Role.BROKER, "b1", "longcut", List.of(), 3);

    assertThat(grant.limits()).isEqualTo(new UserLimits(12, 120));
    assertThatThrownBy(() -> new Grant(Role.BROKER, "b1", "longcut", List.of(), 0))
        .hasMessageContaining("--processes");
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
            new io.github.httplongcut.cli.doctor.DeclaredRights(
                "x", "longcut", Optional.empty(), java.util.Map.of()),
            Set.of(),
            new UserLimits(-1, -1));

    assertThat(GrantRow.of(user, () -> 0)).isEmpty();
    assertThat(user.isEmpty()).isTrue();
  }

  private static Grant clientAgent(String name, String... targets) {
    return new Grant(Role.CLIENT_AGENT, name, "longcut", List.of(targets), 1);
  }
}
