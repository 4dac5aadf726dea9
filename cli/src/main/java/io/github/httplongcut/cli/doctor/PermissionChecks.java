package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.cli.doctor.RelayFacts.ProcessAnswer;
import io.github.httplongcut.config.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks of the category {@code permissions}. An operator sees the permissions of all users. A
 * tenant finds out its own by attempts.
 */
final class PermissionChecks {

  private static final String IMPERSONATES =
      " has the tag impersonator, so it can send messages in the name of others";

  /** Number of attempts that a message names. */
  private static final int NAMED = 4;

  private final Facts facts;
  private final TenantRights tenant;
  private final String probe;

  /**
   * @param probe random part of the names of things that do not exist
   */
  PermissionChecks(Facts facts, TenantRights tenant, String probe) {
    this.facts = facts;
    this.tenant = tenant;
    this.probe = probe;
  }

  /** Returns the checks. An attempt on a missing exchange tells nothing about permissions. */
  List<DoctorCheck> all() {
    return Stream.of(
            DoctorCheck.of(Finding.PERMISSIONS_USER, this::user, Finding.TOPOLOGY_VHOST),
            DoctorCheck.of(Finding.PERMISSIONS_WIDE, this::wide, Finding.TOPOLOGY_VHOST),
            DoctorCheck.of(Finding.PERMISSIONS_TOPICS, this::topics, Finding.TOPOLOGY_VHOST))
        .map(check -> check.causedBy(Finding.TOPOLOGY_EXCHANGES))
        .toList();
  }

  private ManagementFacts management() {
    return facts.requiredManagement();
  }

  private boolean isOperator() {
    return facts.management().isPresent();
  }

  private String vhost() {
    return isOperator() ? management().vhost() : facts.requiredAmqp().config().virtualHost();
  }

  private CheckResult user() throws Exception {
    List<String> problems = new ArrayList<>();
    if (isOperator()) {
      problems.addAll(usersWithoutPermissions());
    } else if (tenant.role().isEmpty()) {
      problems.add(
          "user %s has no permission that a process of the relay needs".formatted(tenant.user()));
    }
    List<RoleUser> users = users();
    List<RoleRights> limited = new ArrayList<>();
    for (RoleUser user : users) {
      List<AccessAttempt> missing = user.rights.refused(user.expected.needed());
      if (!missing.isEmpty()) {
        problems.add(user + " may not " + words(missing));
        limited.add(user.expected);
      }
    }
    CheckResult result =
        result(Finding.PERMISSIONS_USER, problems, users, "all permissions of the role: ");
    return limited.stream()
        .findFirst()
        .flatMap(role -> role.command(vhost()))
        .map(
            command ->
                result.withRemedy(
                    "set the permissions of the role: " + command + " (docs/permissions.md)"))
        .orElse(result);
  }

  /**
   * Returns the users that have no permission in any vhost and no tag, as far as the relay is known
   * to have them: RabbitMQ may have other users.
   */
  private List<String> usersWithoutPermissions() throws Exception {
    Set<String> permitted =
        management().permissions().stream()
            .map(each -> each.path("user").asText())
            .collect(Collectors.toSet());
    Set<String> ofRelay = usersOfRelay();
    List<String> found = new ArrayList<>();
    for (JsonNode user : management().users()) {
      String name = user.path("name").asText();
      Set<String> tags = ManagementFacts.tags(user);
      tags = tags.stream().filter(tag -> !tag.isEmpty()).collect(Collectors.toSet());
      if (tags.isEmpty() && !permitted.contains(name) && ofRelay.contains(name)) {
        found.add("user %s has no permissions in any vhost".formatted(name));
      }
    }
    return found;
  }

  /**
   * Returns the user of the login, the users with topic permissions in the vhost, and those of the
   * processes that brokers and admin pages name.
   */
  private Set<String> usersOfRelay() throws Exception {
    Set<String> users = new HashSet<>();
    facts.amqp().ifPresent(amqp -> users.add(amqp.config().user()));
    management().topicPermissions().forEach(each -> users.add(each.path("user").asText()));
    for (String list : List.of("upstream_agents", "client_agents")) {
      facts.relay().inStatuses(list).forEach(agent -> users.add(userOf(agent)));
    }
    for (ProcessAnswer each : facts.relay().descriptions()) {
      each.page().answer().map(PermissionChecks::userOf).ifPresent(users::add);
    }
    return users;
  }

  /** Returns the user in the id of a process: {@code plant} of {@code plant.plant-1-x2m4cd}. */
  private static String userOf(JsonNode process) {
    return process.path("id").asText().split("\\.", 2)[0];
  }

  private CheckResult wide() throws Exception {
    List<String> problems = new ArrayList<>();
    List<RoleUser> users = users();
    for (RoleUser user : users) {
      if (user.rights.isImpersonator()) {
        problems.add(user + IMPERSONATES);
        continue;
      }
      List<AccessAttempt> excessive =
          user.rights.allowed(
              user.declared.isPresent()
                  ? user.expected.forbidden(Definitions.forNodes(1).names())
                  : user.expected.forbiddenSample());
      if (!excessive.isEmpty()) {
        problems.add(user + " may also " + words(excessive));
      }
      List<AccessAttempt> foreign = user.rights.allowed(user.expected.forbiddenKeys());
      if (!foreign.isEmpty()) {
        problems.add(user + foreignKeys(user, foreign));
      }
      user.declared.ifPresent(declared -> problems.addAll(dangers(declared)));
    }
    if (isOperator()) {
      problems.addAll(usersWithoutARole());
    }
    return result(Finding.PERMISSIONS_WIDE, problems, users, "no permission beyond the role: ");
  }

  /** Returns the users that may use the relay although they have no role and are no operators. */
  private List<String> usersWithoutARole() throws Exception {
    List<String> problems = new ArrayList<>();
    for (VhostUser user : VhostUser.all(management())) {
      if (user.isAdministrator() || roleOf(user).isPresent()) {
        continue;
      }
      List<AccessAttempt> excessive = user.rights().allowed(RoleRights.closedWithoutARole(probe));
      if (!excessive.isEmpty()) {
        problems.add("user %s has no role and may %s".formatted(user.name(), words(excessive)));
      }
    }
    return problems;
  }

  private static String foreignKeys(RoleUser user, Collection<AccessAttempt> foreign) {
    String exchanges =
        foreign.stream().map(AccessAttempt::name).distinct().collect(Collectors.joining(", "));
    boolean undeclared =
        user.declared.isPresent()
            && foreign.stream()
                .allMatch(attempt -> user.declared.get().rights().topic(attempt.name()).isEmpty());
    return undeclared
        ? " has no topic permission for %s, so RabbitMQ allows every routing key"
            .formatted(exchanges)
        : " may use routing keys of other users with " + exchanges;
  }

  private List<String> dangers(VhostUser user) {
    List<String> dangers = new ArrayList<>();
    if (user.tags().contains("impersonator")) {
      dangers.add("user " + user.name() + IMPERSONATES);
    }
    if (user.tags().contains("policymaker")) {
      dangers.add(
          "user %s has the tag policymaker, so it can change all queues".formatted(user.name()));
    }
    if (user.guessable() && !isLocal()) {
      dangers.add("the password of user %s is the user's name".formatted(user.name()));
    }
    return dangers;
  }

  private boolean isLocal() {
    return facts.requiredAmqp().config().addresses().stream()
        .allMatch(address -> DemoPasswords.isLoopback(address.host()));
  }

  private CheckResult topics() throws Exception {
    List<String> problems = new ArrayList<>();
    List<RoleUser> users = users();
    for (RoleUser user : users) {
      List<AccessAttempt> missing = missingKeys(user);
      if (!missing.isEmpty()) {
        problems.add(user + " may not " + words(missing));
      }
      List<AccessAttempt> foreign = user.rights.allowed(user.expected.forbiddenKeys());
      if (!foreign.isEmpty()) {
        problems.add(user + foreignKeys(user, foreign));
      }
    }
    return result(Finding.PERMISSIONS_TOPICS, problems, users, "the routing keys of the role: ");
  }

  /**
   * Returns the keys that the user lacks. Leaves out those of an exchange that it may not use at
   * all: RabbitMQ refuses these for the missing permission, which another check reports.
   */
  private List<AccessAttempt> missingKeys(RoleUser user) throws Exception {
    List<AccessAttempt> keys = user.rights.refused(user.expected.neededKeys(targets(user)));
    List<AccessAttempt> permissions = keys.stream().map(AccessAttempt::permission).toList();
    Set<AccessAttempt> refused = Set.copyOf(user.rights.refused(Set.copyOf(permissions)));
    return keys.stream().filter(key -> !refused.contains(key.permission())).toList();
  }

  /** Returns the targets of the settings file, if the file is that of the user. */
  private Set<String> targets(RoleUser user) {
    if (!user.name().equals(tenant.user())) {
      return Set.of();
    }
    return switch (user.expected.role()) {
      case CLIENT_AGENT -> facts.given().sections().called();
      case BROKER -> Set.of();
      case UPSTREAM_AGENT ->
          facts.given().served().stream().map(target -> target.name()).collect(Collectors.toSet());
    };
  }

  private static CheckResult result(
      Finding finding, List<String> problems, List<RoleUser> users, String well) {
    if (!problems.isEmpty()) {
      return CheckResult.problems(finding, problems, consequence(finding));
    }
    return users.isEmpty()
        ? CheckResult.ok(finding, "no user of a role in the vhost")
        : CheckResult.ok(
            finding, well + users.stream().map(RoleUser::name).collect(Collectors.joining(", ")));
  }

  private static String consequence(Finding finding) {
    return switch (finding) {
      case PERMISSIONS_WIDE -> "such a user could read or answer the requests of others";
      case PERMISSIONS_TOPICS ->
          "a key that is refused ends with 403 target_forbidden, or with an agent that no broker"
              + " sees; a key too many opens the requests of others";
      default -> "RabbitMQ refuses what the process needs: access_refused in RabbitMQ's log";
    };
  }

  private static String words(List<AccessAttempt> attempts) {
    String named =
        attempts.stream()
            .limit(NAMED)
            .map(AccessAttempt::toString)
            .collect(Collectors.joining(", "));
    return attempts.size() <= NAMED
        ? named
        : named + ", and " + (attempts.size() - NAMED) + " others";
  }

  /**
   * A user of a role.
   *
   * @param declared empty for a tenant, which does not see its permissions
   */
  private record RoleUser(RoleRights expected, UserRights rights, Optional<VhostUser> declared) {

    String name() {
      return expected.user();
    }

    @Override
    public String toString() {
      return "user " + name() + " (" + expected.role().key() + ')';
    }
  }

  /** Returns the users of all roles, without administrators, which may do anything. */
  private List<RoleUser> users() throws Exception {
    if (!isOperator()) {
      if (tenant.alarm().isPresent()) {
        throw new SkippedException(
            Finding.RABBITMQ_ALARMS.id() + " failed: RabbitMQ reads no attempt of a publisher");
      }
      return tenant.role().stream()
          .map(role -> new RoleUser(tenant.expected(role), tenant.rights(role), Optional.empty()))
          .toList();
    }
    List<RoleUser> users = new ArrayList<>();
    for (VhostUser user : VhostUser.all(management())) {
      Optional<Role> role = roleOf(user);
      if (role.isPresent()) {
        users.add(
            new RoleUser(
                new RoleRights(role.get(), user.name(), probe), user.rights(), Optional.of(user)));
      }
    }
    return users;
  }

  private Optional<Role> roleOf(VhostUser user) throws Exception {
    Set<Role> inFile = facts.given().sections().roles();
    if (user.name().equals(tenant.user()) && inFile.size() == 1) {
      return Optional.of(inFile.iterator().next());
    }
    return user.isAdministrator()
        ? Optional.empty()
        : RoleRights.roleOf(user.rights(), user.name(), probe);
  }
}
