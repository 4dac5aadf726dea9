package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.Names;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A user's permission to run processes of a role. Valid by construction.
 *
 * @param role the role of the user's processes
 * @param user the RabbitMQ user
 * @param vhost RabbitMQ's vhost
 * @param targets targets that an agent may call or serve; none for a broker
 * @param processes number of processes that may run at the same time; empty to keep the limits of a
 *     user that has the role already, and for one process of a new user
 */
record Grant(Role role, String user, String vhost, List<String> targets, OptionalInt processes) {

  /**
   * An agent has two connections. While it replaces one, RabbitMQ may still count the old one, and
   * the doctor opens two.
   */
  private static final int CONNECTIONS_OF_AN_AGENT = 4;

  /** Channels of an agent, with those of connections that it replaces. */
  private static final int CHANNELS_OF_AN_AGENT = 40;

  /**
   * A broker has three connections: to publish, to consume, and to the other brokers. Its channels
   * grow with the tenants, so they have no limit (docs/security.md).
   */
  private static final int CONNECTIONS_OF_A_BROKER = 8;

  private static final int MAX_PROCESSES = 1_000;

  /** Most targets of a grant: RabbitMQ compares each routing key with all of them. */
  private static final int MAX_TARGETS = 500;

  /** Users whose passwords are public: those of rabbitmq/demo-users.json, and RabbitMQ's own. */
  private static final Set<String> PUBLIC =
      Set.of("admin", "client-agent", "broker", "upstream-agent", "guest");

  /**
   * @throws CommandFailedException if anything is invalid
   */
  Grant {
    requireName("NAME", user);
    if (PUBLIC.contains(user)) {
      throw CommandFailedException.usage(
          "'%s' is the name of a demo user, or of RabbitMQ's first user, whose password is public;"
                  .formatted(user)
              + " choose another name");
    }
    targets = List.copyOf(new LinkedHashSet<>(targets));
    targets.forEach(target -> requireName("--targets", target));
    if (role == Role.BROKER && !targets.isEmpty()) {
      throw CommandFailedException.usage("--targets: a broker serves all targets; omit the option");
    }
    if (role != Role.BROKER && targets.isEmpty()) {
      throw CommandFailedException.usage(
          "--targets is missing: name the targets, separated by commas, that '%s' may %s"
              .formatted(user, role == Role.CLIENT_AGENT ? "call" : "serve"));
    }
    if (targets.size() > MAX_TARGETS) {
      throw CommandFailedException.usage("--targets: at most " + MAX_TARGETS);
    }
    int number = processes.orElse(1);
    if (number < 1 || number > MAX_PROCESSES) {
      throw CommandFailedException.usage("--processes: expected 1 to " + MAX_PROCESSES);
    }
  }

  private static void requireName(String option, String text) {
    if (!Names.isName(text)) {
      throw CommandFailedException.usage(
          "%s: expected a name of %s, found '%s'".formatted(option, Names.FORM, text));
    }
  }

  /** Returns the permissions and topic permissions of the user. */
  DeclaredRights rights() {
    return GrantedRights.of(role, user, vhost, targets);
  }

  /** Returns the limits of a new user, or for the given number of processes. */
  UserLimits limits() {
    int number = processes.orElse(1);
    return role == Role.BROKER
        ? new UserLimits(CONNECTIONS_OF_A_BROKER * number, UserLimits.NONE)
        : new UserLimits(CONNECTIONS_OF_AN_AGENT * number, CHANNELS_OF_AN_AGENT * number);
  }

  /** Returns the limits of a user that exists: those it has, unless the grant gives a number. */
  UserLimits limits(UserState user) {
    return processes.isPresent() || user.isEmpty() ? limits() : user.limits();
  }

  /** Returns the grant in words: {@code client agent of the targets orders, billing}. */
  String inWords() {
    return inWords(role, targets);
  }

  /** Returns a role and its targets in words. */
  static String inWords(Role role, List<String> targets) {
    String name = role.key().replace('-', ' ');
    return targets.isEmpty() ? name : name + " of " + String.join(", ", targets);
  }
}
