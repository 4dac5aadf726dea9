package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.config.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Checks of the category {@code production} about RabbitMQ's users. They need an operator's login.
 */
final class ProductionUserChecks {

  private static final String GUEST = "guest";

  private final Facts facts;
  private final String probe;

  /**
   * @param probe random part of the names of things that do not exist
   */
  ProductionUserChecks(Facts facts, String probe) {
    this.facts = facts;
    this.probe = probe;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.PRODUCTION_PASSWORDS, this::passwords),
        DoctorCheck.of(Finding.PRODUCTION_GUEST, this::guest),
        DoctorCheck.of(Finding.PRODUCTION_USERS, this::users),
        DoctorCheck.of(Finding.PRODUCTION_LIMITS, this::limits));
  }

  private CheckResult passwords() throws Exception {
    List<String> guessable =
        VhostUser.all(facts.requiredManagement()).stream()
            .filter(VhostUser::guessable)
            .map(VhostUser::name)
            .toList();
    return ProductionChecks.result(
        Finding.PRODUCTION_PASSWORDS,
        guessable.stream().map("the password of user %s is the user's name"::formatted).toList(),
        "everybody can guess such a password",
        "no user of the vhost has its name as password");
  }

  private CheckResult guest() throws Exception {
    boolean exists =
        facts.requiredManagement().users().stream()
            .anyMatch(user -> user.path("name").asText().equals(GUEST));
    return ProductionChecks.result(
        Finding.PRODUCTION_GUEST,
        exists ? List.of("RabbitMQ has the user guest") : List.of(),
        "everybody knows its password, and only RabbitMQ's setting loopback_users limits it",
        "RabbitMQ has no user guest");
  }

  private CheckResult users() throws Exception {
    List<String> problems = new ArrayList<>();
    Map<VhostUser, List<Role>> users = usersOfRoles();
    users.forEach(
        (user, roles) -> {
          String tags =
              user.tags().stream()
                  .filter(tag -> !tag.isEmpty())
                  .sorted()
                  .collect(Collectors.joining(", "));
          if (!tags.isEmpty()) {
            problems.add("user %s has the tag %s".formatted(user.name(), tags));
          } else if (roles.size() > 1) {
            String words = roles.stream().map(Role::key).collect(Collectors.joining(" and "));
            problems.add("user %s may run as %s".formatted(user.name(), words));
          }
        });
    return ProductionChecks.result(
        Finding.PRODUCTION_USERS,
        problems,
        "whoever takes over a process with such a user can do more than the process",
        "no tags, and one role each: " + names(users));
  }

  private CheckResult limits() throws Exception {
    Map<String, JsonNode> limits = new HashMap<>();
    for (JsonNode each : facts.requiredManagement().userLimits()) {
      limits.put(each.path("user").asText(), each.path("value"));
    }
    List<String> problems = new ArrayList<>();
    Map<VhostUser, List<Role>> users = usersOfRoles();
    users.forEach(
        (user, roles) -> {
          Optional<JsonNode> own = Optional.ofNullable(limits.get(user.name()));
          int channels = own.map(it -> it.path("max-channels").asInt(-1)).orElse(-1);
          int connections = own.map(it -> it.path("max-connections").asInt(-1)).orElse(-1);
          if (roles.contains(Role.BROKER)) {
            if (channels >= 0 && channels < GrantedRights.CHANNELS_OF_A_BROKER) {
              problems.add(
                  "broker's user %s may open only %d channels".formatted(user.name(), channels));
            }
          } else if (channels < 0 || connections < 0) {
            problems.add("user %s has no limit".formatted(user.name()));
          }
        });
    return ProductionChecks.result(
        Finding.PRODUCTION_LIMITS,
        problems,
        "one party can use up RabbitMQ's memory, or a broker shares channels among tenants",
        "connections and channels are limited: " + names(users));
  }

  private static String names(Map<VhostUser, List<Role>> users) {
    return users.isEmpty()
        ? "no user of a role in the vhost"
        : users.keySet().stream().map(VhostUser::name).collect(Collectors.joining(", "));
  }

  /**
   * Returns the users that may run a process of the relay, and the roles for which they have all
   * rights. An administrator is an operator's user unless a process runs as it.
   */
  private Map<VhostUser, List<Role>> usersOfRoles() throws Exception {
    Map<VhostUser, List<Role>> found = new LinkedHashMap<>();
    List<String> running = usersOfRunningProcesses();
    for (VhostUser user : VhostUser.all(facts.requiredManagement())) {
      boolean isOperator = user.isAdministrator() && !running.contains(user.name());
      List<Role> roles = rolesOf(user);
      if (!isOperator && !roles.isEmpty()) {
        found.put(user, roles);
      }
    }
    return found;
  }

  private List<Role> rolesOf(VhostUser user) throws Exception {
    List<Role> roles = new ArrayList<>();
    for (Role role : Role.values()) {
      RoleRights expected = new RoleRights(role, user.name(), probe);
      if (user.rights().refused(expected.needed()).isEmpty()) {
        roles.add(role);
      }
    }
    if (roles.isEmpty()) {
      RoleRights.roleOf(user.rights(), user.name(), probe).ifPresent(roles::add);
    }
    return roles;
  }

  private List<String> usersOfRunningProcesses() throws Exception {
    List<String> users = new ArrayList<>();
    for (String list : List.of("upstream_agents", "client_agents")) {
      for (JsonNode agent : facts.relay().inStatuses(list)) {
        users.add(agent.path("id").asText().split("\\.", 2)[0]);
      }
    }
    return users;
  }
}
