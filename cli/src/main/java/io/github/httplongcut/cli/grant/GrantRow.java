package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/**
 * A user in the list of grants.
 *
 * @param role the role; empty if the user may use the relay's exchanges or inboxes and has no
 *     role's permissions
 * @param targets targets that the user may call or serve, as far as its permission is a list
 * @param complaints differences from a grant, each in a sentence without a full stop
 */
record GrantRow(
    String user,
    Optional<Role> role,
    List<String> targets,
    UserLimits limits,
    int connections,
    List<String> complaints) {

  GrantRow {
    targets = List.copyOf(targets);
    complaints = List.copyOf(complaints);
  }

  /**
   * Returns the row of a user; empty if the user cannot use the relay. An administrator without a
   * role's permissions is an operator's user, and has no row.
   */
  static Optional<GrantRow> of(UserState user, IntSupplier connections) {
    Optional<Role> role = user.role();
    boolean isOperator = user.tags().contains("administrator");
    if (role.isEmpty() && (isOperator || !GrantedRights.useTheRelay(user.rights()))) {
      return Optional.empty();
    }
    return Optional.of(
        new GrantRow(
            user.name(),
            role,
            role.flatMap(known -> GrantedRights.targetsOf(known, user.rights())).orElse(List.of()),
            user.limits(),
            connections.getAsInt(),
            role.map(known -> complaints(known, user))
                .orElse(
                    List.of(
                        "may use the relay's exchanges or inboxes without a role's permissions"))));
  }

  /** Returns the role's name; {@code none} without a role. */
  String roleName() {
    return role.map(Role::key).orElse("none");
  }

  private static List<String> complaints(Role role, UserState user) {
    DeclaredRights rights = user.rights();
    List<String> complaints = new ArrayList<>();
    if (!user.tags().isEmpty()) {
      complaints.add("has the tag " + String.join(", ", new TreeSet<>(user.tags())));
    }
    Optional<List<String>> targets = GrantedRights.targetsOf(role, rights);
    if (GrantedRights.reachEveryTarget(role, rights)) {
      complaints.add(
          role == Role.CLIENT_AGENT ? "can call every target" : "can serve every target");
    }
    DeclaredRights granted =
        GrantedRights.of(role, user.name(), rights.vhost(), targets.orElse(List.of()));
    if (!granted.permission().equals(rights.permission())) {
      complaints.add("its permissions differ from those of a grant");
    }
    granted.topics().keySet().stream()
        .filter(exchange -> rights.topic(exchange).isEmpty())
        .sorted()
        .forEach(
            exchange -> complaints.add("can use every routing key of the exchange " + exchange));
    boolean differs =
        granted.topics().entrySet().stream()
            .filter(topic -> rights.topic(topic.getKey()).isPresent())
            .anyMatch(topic -> !rights.topics().get(topic.getKey()).equals(topic.getValue()));
    if (differs) {
      complaints.add("its topic permissions differ from those of a grant");
    }
    Set<String> surplus = new TreeSet<>(rights.topics().keySet());
    surplus.removeAll(granted.topics().keySet());
    if (!surplus.isEmpty()) {
      complaints.add(
          "has topic permissions for %s, which a grant does not have"
              .formatted(String.join(", ", surplus)));
    }
    complaintOfLimits(role, user.limits()).ifPresent(complaints::add);
    return complaints;
  }

  private static Optional<String> complaintOfLimits(Role role, UserLimits limits) {
    if (role == Role.BROKER) {
      boolean few =
          limits.channels() >= 0 && limits.channels() < GrantedRights.CHANNELS_OF_A_BROKER;
      return few
          ? Optional.of(
              "may open only %d channels: repeat the grant with --processes"
                  .formatted(limits.channels()))
          : Optional.empty();
    }
    return limits.connections() < 0 || limits.channels() < 0
        ? Optional.of("has no limit of connections or channels")
        : Optional.empty();
  }
}
