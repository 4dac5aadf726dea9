package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Permissions that a user of a role gets (docs/protocol.md section 8). Names of users and targets
 * have no character with a meaning in a regular expression, so they are not quoted.
 */
public final class GrantedRights {

  /** Fewest channels of a broker: it publishes to each tenant on a channel of its own. */
  public static final int CHANNELS_OF_A_BROKER = 1_010;

  private static final String NOTHING = "^$";

  /** Routing key of a process of the user: in exchanges whose keys are a process id. */
  private static final String OWN_ID = "{username}\\.[^.#*]+";

  /** Expression for a list of targets, as {@link #of} writes it. */
  private static final Pattern LIST =
      Pattern.compile("\\^\\(([A-Za-z0-9_|-]+)\\)\\\\\\.\\{username\\}.*");

  /** A target that nobody has. */
  private static final String NO_TARGET = "longcut-doctor-target";

  private GrantedRights() {}

  /**
   * Returns the permissions.
   *
   * @param user the user's name, valid by docs/protocol.md section 1
   * @param targets the targets that the user may call or serve; a broker has none
   */
  public static DeclaredRights of(
      Role role, String user, String vhost, Collection<String> targets) {
    RoleRights rights = new RoleRights(role, user, "");
    String own = own(role, user);
    return new DeclaredRights(
        user,
        vhost,
        Optional.of(
            new Permission(
                '^' + own + '$', names(own, rights.writes()), names(own, rights.reads()))),
        topics(role, targets));
  }

  private static String own(Role role, String user) {
    return switch (role) {
      case CLIENT_AGENT, UPSTREAM_AGENT -> role.key() + "\\." + user + "\\..+";
      case BROKER -> "(broker|heartbeats)\\..+";
    };
  }

  private static String names(String own, List<String> shared) {
    return "^(" + own + '|' + String.join("|", shared) + ")$";
  }

  private static Map<String, TopicPermission> topics(Role role, Collection<String> targets) {
    String target = "^(" + String.join("|", targets) + ")\\.";
    Map<String, TopicPermission> topics = new LinkedHashMap<>();
    switch (role) {
      case CLIENT_AGENT -> {
        topics.put("client_request", new TopicPermission(target + "{username}\\.[^.]+$", NOTHING));
        topics.put(
            "client_request_undelivered", new TopicPermission(NOTHING, "^\\*\\." + OWN_ID + '$'));
        RoleRights.KEYS_OF_CLIENTS.forEach(
            exchange -> topics.put(exchange, new TopicPermission(NOTHING, '^' + OWN_ID + '$')));
      }
      case BROKER -> {
        // A broker may use every key.
      }
      case UPSTREAM_AGENT -> {
        String keys = target + OWN_ID + '$';
        topics.put("broker_request", new TopicPermission(NOTHING, keys));
        topics.put("broker_cancel", new TopicPermission(NOTHING, keys));
        topics.put("upstream_heartbeat", new TopicPermission(keys, NOTHING));
      }
    }
    return topics;
  }

  /** Returns the exchanges and queues that a role uses besides the queues of its processes. */
  public static Set<String> sharedNames(Role role) {
    RoleRights rights = new RoleRights(role, "", "");
    Set<String> names = new HashSet<>(rights.writes());
    names.addAll(rights.reads());
    return names;
  }

  /**
   * Returns the role whose queues the user may declare, and no others; empty if the user's
   * permission to configure is not that of a role.
   */
  public static Optional<Role> roleOf(DeclaredRights rights) {
    return Arrays.stream(Role.values())
        .filter(
            role ->
                rights
                    .permission()
                    .map(Permission::configure)
                    .filter(('^' + own(role, rights.user()) + '$')::equals)
                    .isPresent())
        .findFirst();
  }

  /**
   * Returns the targets that the user may call or serve, in the order of the permission; empty if
   * the permission is not a list of targets.
   */
  public static Optional<List<String>> targetsOf(Role role, DeclaredRights rights) {
    if (role == Role.BROKER) {
      return Optional.of(List.of());
    }
    return rights
        .topic(exchangeOfTargets(role))
        .map(topic -> LIST.matcher(topic.write()))
        .filter(Matcher::matches)
        .map(list -> List.of(list.group(1).split("\\|")));
  }

  /** Returns whether an agent's user may call or serve every target. */
  public static boolean reachEveryTarget(Role role, DeclaredRights rights) {
    String key = NO_TARGET + '.' + ProcessId.create(rights.user(), "doctor");
    return role != Role.BROKER
        && rights.allow(AccessAttempt.writeKey(exchangeOfTargets(role), key));
  }

  /**
   * Returns whether the user may declare, write or read any exchange that a process of the relay
   * uses or any inbox of another user, or publish to the default exchange.
   */
  public static boolean useTheRelay(DeclaredRights rights) {
    return RoleRights.closedWithoutARole("doctor").stream().anyMatch(rights::allow);
  }

  /** Returns the exchange to which an agent publishes with the names of its targets. */
  private static String exchangeOfTargets(Role role) {
    return role == Role.CLIENT_AGENT ? "client_request" : "upstream_heartbeat";
  }
}
