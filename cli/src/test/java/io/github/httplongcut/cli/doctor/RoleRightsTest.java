package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The users of {@code rabbitmq/demo-users.json} have the rights of their roles, and no others. */
class RoleRightsTest {

  private static final String PROBE = "doctor-k3v7qa";
  private static final Set<String> TARGETS = Set.of("orders");

  @ParameterizedTest
  @EnumSource
  void theDemosUserHasAllNeededRights(Role role) throws Exception {
    RoleRights expected = new RoleRights(role, role.key(), PROBE);

    assertThat(rights(role).refused(expected.needed())).isEmpty();
    assertThat(rights(role).refused(expected.neededKeys(TARGETS))).isEmpty();
    assertThat(rights(role).allow(RoleRights.harmlessPublication(role, PROBE))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void theDemosUserHasNoOtherRights(Role role) throws Exception {
    RoleRights expected = new RoleRights(role, role.key(), PROBE);

    List<AccessAttempt> forbidden = expected.forbidden(Definitions.forNodes(1).names());

    assertThat(forbidden).hasSizeGreaterThan(30).containsAll(expected.forbiddenSample());
    assertThat(rights(role).allowed(forbidden)).isEmpty();
    assertThat(rights(role).allowed(expected.forbiddenKeys())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theRoleIsFoundByTheRights(Role role) throws Exception {
    assertThat(RoleRights.roleOf(rights(role), role.key(), PROBE)).contains(role);
  }

  @ParameterizedTest
  @EnumSource
  void theRoleIsFoundWithoutTheRightToConfigure(Role role) throws Exception {
    DeclaredRights rights = rights(role);
    UserRights limited =
        attempt -> attempt.kind() != AccessAttempt.Kind.CONFIGURE && rights.allow(attempt);

    assertThat(RoleRights.roleOf(limited, role.key(), PROBE)).contains(role);
  }

  @ParameterizedTest
  @EnumSource
  void noAttemptThatDeletesNamesSomethingThatExists(Role role) {
    RoleRights expected = new RoleRights(role, role.key(), PROBE);

    assertThat(expected.needed())
        .filteredOn(attempt -> attempt.kind() == AccessAttempt.Kind.CONFIGURE)
        .isNotEmpty()
        .allMatch(attempt -> attempt.name().contains(PROBE));
    assertThat(expected.forbiddenSample())
        .filteredOn(attempt -> attempt.kind() == AccessAttempt.Kind.CONFIGURE)
        .isNotEmpty()
        .allMatch(attempt -> attempt.name().contains(PROBE));
  }

  private static DeclaredRights rights(Role role) throws Exception {
    return VhostUser.all(new FakeManagement().facts()).stream()
        .map(VhostUser::rights)
        .filter(each -> each.user().equals(role.key()))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void theCommandGivesTheDemosPermissions(Role role) throws Exception {
    DeclaredRights.Permission demo = rights(role).permission().orElseThrow();
    assertThat(new RoleRights(role, role.key(), PROBE).command("longcut"))
        .hasValue(
            "rabbitmqctl set_permissions -p longcut %s '%s' '%s' '%s'"
                .formatted(role.key(), demo.configure(), demo.write(), demo.read()));
  }

  /** The operator copies the command into a shell. */
  @Test
  void thereIsNoCommandForAnOddName() {
    assertThat(new RoleRights(Role.BROKER, "x'; reboot; '", PROBE).command("longcut")).isEmpty();
    assertThat(new RoleRights(Role.BROKER, "broker", PROBE).command("$(reboot)")).isEmpty();
  }
}
