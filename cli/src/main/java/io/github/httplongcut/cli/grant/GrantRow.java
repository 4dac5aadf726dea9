package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/**
 * A user in the list of grants.
 *
 * @param targets targets that the user may call or serve, as far as its permission is a list
 * @param complaints differences from a grant, each in a sentence without a full stop
 */
record GrantRow(
    String user,
    Role role,
    List<String> targets,
    UserLimits limits,
    int connections,
    List<String> complaints) {

  GrantRow {
    targets = List.copyOf(targets);
    complaints = List.copyOf(complaints);
  }

  /** Returns the row of a user; empty if the user is no process's. */
  static Optional<GrantRow> of(UserState user, IntSupplier connections) {
    return user.role()
        .map(
            role ->
                new GrantRow(
                    user.name(),
                    role,
                    GrantedRights.targetsOf(role, user.rights()).orElse(List.of()),
                    user.limits(),
                    connections.getAsInt(),
                    complaints(role, user)));
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
    if (differs && targets.isPresent()) {
      complaints.add("its topic permissions differ from those of a grant");
    }
    if (!user.password().isSet()) {
      complaints.add("has no password: repeat the grant");
    }
    if (user.limits().connections() < 0 || user.limits().channels() < 0) {
      complaints.add("has no limit of connections or channels");
    }
    return complaints;
  }
}
