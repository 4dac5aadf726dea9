package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.Given.Sections;
import io.github.httplongcut.config.Role;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PermissionChecksTest {

  private static final String USERS = "/api/users";
  private static final String PERMISSIONS = "/api/permissions";
  private static final String TOPICS = "/api/vhosts/longcut/topic-permissions";

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void theDemosUsersAreWell() {
    fixture.assertOk(
        Finding.PERMISSIONS_USER,
        "all permissions of the role: client-agent, broker, upstream-agent");
    fixture.assertOk(Finding.PERMISSIONS_WIDE, "no permission beyond the role: ");
    fixture.assertOk(Finding.PERMISSIONS_TOPICS, "the routing keys of the role: ");
  }

  @Test
  void aMissingPermissionIsNamed() {
    fixture
        .management
        .element(PERMISSIONS, "user", "client-agent")
        .put("write", "^(client-agent\\.client-agent\\..+|client_cancel)$");
    fixture.assertFails(
        Finding.PERMISSIONS_USER, "user client-agent (client-agent) may not write client_request");
    fixture.assertOk(Finding.PERMISSIONS_WIDE, "no permission beyond the role");
  }

  @Test
  void aUserWithoutPermissionsIsNamed() {
    fixture.management.remove(PERMISSIONS, "user", "broker");
    fixture.assertFails(Finding.PERMISSIONS_USER, "user broker has no permissions in any vhost");
  }

  /** RabbitMQ may have users that have nothing to do with the relay. */
  @Test
  void aForeignUserWithoutPermissionsIsNoFailure() {
    fixture.management.add("/api/users", "{\"name\": \"stranger\", \"tags\": []}");
    fixture.assertOk(Finding.PERMISSIONS_USER, "all permissions of the role");
  }

  @Test
  void aUserOfAnAgentWithoutPermissionsIsNamed() {
    fixture.management.add("/api/users", "{\"name\": \"plant\", \"tags\": []}");
    fixture.assertFails(Finding.PERMISSIONS_USER, "user plant has no permissions in any vhost");
  }

  @Test
  void aTenantWithoutPermissionsFindsOut() {
    fixture.tenant("acme");
    fixture.assertFails(
        Finding.PERMISSIONS_USER, "user acme has no permission that a process of the relay needs");
  }

  @Test
  void aTenantFindsAMissingPermission() {
    UserRights rights = clientRights("acme");
    tenant(attempt -> !attempt.name().equals("client_cancel") && rights.allow(attempt));
    CheckResult result =
        fixture.assertFails(
            Finding.PERMISSIONS_USER, "user acme (client-agent) may not write client_cancel");
    assertThat(result.remedy())
        .contains("rabbitmqctl set_permissions -p longcut acme '^client-agent\\.acme\\..+$'");
  }

  /** RabbitMQ reads nothing more from a connection that has tried to publish. */
  @Test
  void aTenantAttemptsNothingDuringAnAlarm() {
    tenant(clientRights("acme"));
    fixture.amqp.blocked = Optional.of("low on memory");
    assertThat(fixture.failures()).containsExactly("rabbitmq.alarms");
    fixture.assertSkipped(Finding.PERMISSIONS_TOPICS, "rabbitmq.alarms failed");
  }

  /** RabbitMQ finds that the exchange is missing before it asks for the topic permission. */
  @Test
  void aMissingExchangeIsNotToldAgainAsAPermission() {
    UserRights rights = clientRights("acme");
    tenant(attempt -> attempt.name().equals("client_request") || rights.allow(attempt));
    fixture.amqp.exchanges.remove("client_request");
    assertThat(fixture.failures()).containsExactly("topology.exchanges");
  }

  /** RabbitMQ refuses each routing key because of the permission. */
  @Test
  void aMissingPermissionIsNotToldAgainForEachRoutingKey() {
    UserRights rights = clientRights("acme");
    tenant(attempt -> !attempt.name().equals("client_request") && rights.allow(attempt));
    assertThat(fixture.failures()).containsExactly("permissions.user");
  }

  @Test
  void aTenantWithTheRightPermissionsIsWell() {
    tenant(clientRights("acme"));
    fixture.assertOk(Finding.PERMISSIONS_USER, "all permissions of the role: acme");
    fixture.assertOk(Finding.PERMISSIONS_WIDE, "no permission beyond the role: acme");
    fixture.assertOk(Finding.PERMISSIONS_TOPICS, "the routing keys of the role: acme");
  }

  @Test
  void allOfThemAreSkippedWithoutAVhost() {
    fixture.amqp.login = new AmqpView.Login(AmqpView.LoginState.NO_VHOST, "", "");
    for (Finding finding :
        List.of(Finding.PERMISSIONS_USER, Finding.PERMISSIONS_WIDE, Finding.PERMISSIONS_TOPICS)) {
      fixture.assertSkipped(finding, "topology.vhost failed");
    }
  }

  @Test
  void aUserWithAllPermissionsIsTooWide() {
    fixture
        .management
        .element(PERMISSIONS, "user", "broker")
        .put("configure", ".*")
        .put("write", ".*")
        .put("read", ".*");
    fixture.assertFails(Finding.PERMISSIONS_WIDE, "user broker (");
  }

  @Test
  void aUserWithoutARoleMustNotReadTheInboxesOfOthers() {
    user("metrics", "^$", "^metrics$", "^metrics$");
    fixture.assertOk(Finding.PERMISSIONS_WIDE, "no permission beyond the role");

    user("watcher", "^$", "^$", "^client-agent\\..+$");
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE,
        "user watcher has no role and may read client-agent.longcut-doctor-stranger.");
  }

  private void user(String name, String configure, String write, String read) {
    fixture.management.add(USERS, "{\"name\": \"%s\", \"tags\": [\"monitoring\"]}".formatted(name));
    fixture.management.add(
        PERMISSIONS, "{\"user\": \"%s\", \"vhost\": \"longcut\"}".formatted(name));
    fixture
        .management
        .element(PERMISSIONS, "user", name)
        .put("configure", configure)
        .put("write", write)
        .put("read", read);
  }

  @Test
  void anExchangeTooManyIsTooWide() {
    fixture
        .management
        .element(PERMISSIONS, "user", "client-agent")
        .put(
            "write",
            "^(client-agent\\.client-agent\\..+|client_request|client_cancel|broker_response)$");
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE,
        "user client-agent (client-agent) may also write broker_response |");
  }

  @Test
  void aMissingTopicPermissionIsTooWide() {
    fixture.management.remove(TOPICS, "exchange", "upstream_heartbeat");
    for (Finding finding : List.of(Finding.PERMISSIONS_WIDE, Finding.PERMISSIONS_TOPICS)) {
      fixture.assertFails(
          finding,
          "user upstream-agent (upstream-agent) has no topic permission for upstream_heartbeat, so"
              + " RabbitMQ allows every routing key");
    }
  }

  @Test
  void aTopicPermissionForOtherUsersIsTooWide() {
    fixture.management.element(TOPICS, "exchange", "broker_response").put("read", "^[a-z0-9.-]+$");
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE, "may use routing keys of other users with broker_response");
  }

  @Test
  void dangerousTagsAreTooWide() {
    fixture.management.element(USERS, "name", "broker").putArray("tags").add("impersonator");
    fixture.assertFails(Finding.PERMISSIONS_WIDE, "user broker has the tag impersonator");

    fixture.management.element(USERS, "name", "broker").putArray("tags").add("policymaker");
    fixture.assertFails(Finding.PERMISSIONS_WIDE, "user broker has the tag policymaker");
  }

  @Test
  void aPasswordThatEverybodyKnowsIsTooWideOutsideThisMachine() {
    fixture.amqp.nodes = List.of(new Address("10.0.0.5", 5672));
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE, "the password of user client-agent is the user's name");
  }

  @Test
  void aTenantFindsThatItIsTooWide() {
    tenant(attempt -> true);
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE, "user acme (client-agent) may also configure longcut-doctor-k3v");
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE, "may use routing keys of other users with client_request");
  }

  @Test
  void aTargetOfTheSettingsFileThatIsRefusedIsNamed() {
    UserRights rights = clientRights("acme");
    tenant(attempt -> !attempt.routingKey().startsWith("billing.") && rights.allow(attempt));
    fixture.given =
        new Given(
            Optional.empty(),
            List.of(),
            new Sections(Set.of(Role.CLIENT_AGENT), List.of(), Set.of("orders", "billing")),
            List.of());
    fixture.assertFails(
        Finding.PERMISSIONS_TOPICS,
        "user acme (client-agent) may not publish to client_request with the key billing.acme.");
  }

  @Test
  void anOperatorFindsAKeyThatIsRefused() {
    fixture
        .management
        .element(TOPICS, "exchange", "broker_error")
        .put("read", "^client\\.[^.#*]+$");
    fixture.assertFails(
        Finding.PERMISSIONS_TOPICS,
        "user client-agent (client-agent) may not bind to broker_error with the key client-agent.");
  }

  private void tenant(UserRights rights) {
    fixture.tenant("acme").amqp.rights = Optional.of(rights);
  }

  /** Returns the rights of a client agent's user. */
  private static UserRights clientRights(String user) {
    RoleRights expected = new RoleRights(Role.CLIENT_AGENT, user, DoctorFixture.PROBE);
    Set<AccessAttempt> allowed = Set.copyOf(expected.needed());
    return attempt ->
        switch (attempt.kind()) {
          case CONFIGURE, WRITE, READ -> allowed.contains(attempt);
          case WRITE_KEY, READ_KEY -> attempt.routingKey().contains(user + '.');
        };
  }

  @Test
  void aTenantFindsThatItMayImpersonate() {
    UserRights rights = clientRights("acme");
    tenant(
        new UserRights() {
          @Override
          public boolean allow(AccessAttempt attempt) throws Exception {
            return rights.allow(attempt);
          }

          @Override
          public boolean isImpersonator() {
            return true;
          }
        });
    fixture.assertFails(
        Finding.PERMISSIONS_WIDE, "user acme (client-agent) has the tag impersonator");
  }
}
