package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.cli.join.PrivateFile;
import io.github.httplongcut.config.Secret;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes RabbitMQ's user what a grant says. Each step can be repeated. The order keeps a user from
 * having more permissions than granted at any time:
 *
 * <ol>
 *   <li>A new user is created without a password, so that nobody can log in.
 *   <li>If the user has topic permissions that no grant has, it loses its connections and all
 *       permissions to write and read first, because RabbitMQ deletes topic permissions only all at
 *       once.
 *   <li>Topic permissions come before permissions: without them every target is open.
 *   <li>If permissions have changed, the user's connections are closed at once, because RabbitMQ
 *       caches its verdicts for each channel.
 *   <li>The password is set after its file is on the disk.
 *   <li>Bindings go that the user may no longer make.
 * </ol>
 */
final class Granting {

  private final UserAdministration users;
  private final Grant grant;
  private final Optional<UserState> before;
  private final Progress progress = new Progress();

  private Granting(UserAdministration users, Grant grant, Optional<UserState> before) {
    this.users = users;
    this.grant = grant;
    this.before = before;
  }

  /**
   * Looks at RabbitMQ, without changing anything.
   *
   * @throws CommandFailedException if RabbitMQ lacks the topology, or has another user of this name
   */
  static Granting prepare(UserAdministration users, Grant grant) {
    requireTopology(users, grant);
    Optional<UserState> before = users.find(grant.user());
    before.ifPresent(user -> requireSameKind(user, grant));
    users.connections(grant.user()); // fails if this RabbitMQ cannot list them
    return new Granting(users, grant, before);
  }

  private static void requireTopology(UserAdministration users, Grant grant) {
    String remedy =
        "; import the definitions (rabbitmqctl import_definitions rabbitmq/definitions.json), or"
            + " name another vhost with --vhost";
    if (!users.hasVhost()) {
      throw new CommandFailedException("RabbitMQ has no vhost '" + grant.vhost() + "'" + remedy);
    }
    Set<String> needed = GrantedRights.sharedNames(grant.role());
    Set<String> missing = new TreeSet<>(needed);
    missing.removeAll(users.existing(needed));
    if (!missing.isEmpty()) {
      throw new CommandFailedException(
          "the vhost '%s' lacks %s".formatted(grant.vhost(), String.join(", ", missing)) + remedy);
    }
  }

  private static void requireSameKind(UserState user, Grant grant) {
    String name = user.name();
    if (!user.tags().isEmpty()) {
      throw new CommandFailedException(
          "the user '%s' has the tag %s, which no process of the relay may have; choose another name"
              .formatted(name, String.join(", ", new TreeSet<>(user.tags()))));
    }
    if (user.isEmpty()) {
      return;
    }
    if (user.role().filter(grant.role()::equals).isEmpty()) {
      String is =
          user.role()
              .map(role -> "has the role " + role.key())
              .orElse("has other permissions than a process of the relay");
      throw new CommandFailedException(
          "the user '%s' exists and %s; choose another name, or first './longcut revoke %s'"
              .formatted(name, is, name));
    }
  }

  /**
   * Returns whether the user gets its first password. A user that has its permissions and no
   * password may log in by certificate, and gets none unasked.
   */
  boolean needsPassword() {
    return before.filter(user -> !user.isEmpty()).isEmpty();
  }

  /** Returns whether the user existed with a password. */
  boolean hasPassword() {
    return before.filter(user -> user.password().isSet()).isPresent();
  }

  /** Returns whether this is the user's password now. */
  boolean isPassword(Secret password) {
    return before.filter(user -> user.password().matches(password)).isPresent();
  }

  /**
   * Result of a grant.
   *
   * @param passwordChanged whether the user has another password than before
   * @param closed number of closed connections
   * @param removed number of removed bindings
   * @param lost targets that were granted before
   * @param isLimited whether RabbitMQ limits the user's connections
   */
  record Outcome(
      boolean created,
      boolean changed,
      boolean passwordChanged,
      int closed,
      int removed,
      List<String> lost,
      boolean isLimited) {}

  /**
   * Changes RabbitMQ, and writes the file.
   *
   * @param password the new password; empty to keep the user's password
   * @param file the file for the party; empty to write none
   * @param closing true to close the connections even if the permissions stay
   */
  Outcome carryOut(Optional<Secret> password, Optional<PrivateFile> file, boolean closing) {
    String user = grant.user();
    if (before.isEmpty()) {
      progress.step("creation of the user", () -> users.createWithoutPassword(user));
    }
    DeclaredRights rights = grant.rights();
    boolean otherRights = before.filter(state -> state.rights().equals(rights)).isEmpty();
    UserLimits limits = before.map(grant::limits).orElseGet(grant::limits);
    boolean otherLimits = before.filter(state -> state.limits().equals(limits)).isEmpty();
    if (otherLimits) {
      progress.step("limits", () -> users.setLimits(user, limits));
    }
    boolean fresh = password.isPresent();
    remedy(fresh, false);
    int closed = 0;
    if (hasSurplusTopics()) {
      closed += removeTopics();
    }
    if (otherRights) {
      closed += setRights(rights, fresh);
    }
    password.ifPresent(secret -> progress.step("password", () -> users.setPassword(user, secret)));
    file.ifPresent(staged -> progress.step("file", staged::commit));
    remedy(false, false);
    if (closing) {
      closed += closeConnections();
    }
    int removed = removeBindings(rights);
    return new Outcome(
        before.isEmpty(),
        otherRights || otherLimits,
        fresh && hasPassword(),
        closed,
        removed,
        lost(),
        limits.connections() != UserLimits.NONE);
  }

  private boolean hasSurplusTopics() {
    Set<String> granted = grant.rights().topics().keySet();
    return before.filter(user -> !granted.containsAll(user.rights().topics().keySet())).isPresent();
  }

  /**
   * Deletes the topic permissions. Until they are set again the user may use every routing key of
   * an exchange that it may write or read, and a channel remembers that it may.
   */
  private int removeTopics() {
    String user = grant.user();
    String configure = grant.rights().permission().orElseThrow().configure();
    progress.step(
        "removal of permissions",
        () -> users.setPermission(user, new Permission(configure, "", "")));
    int closed = closeConnections();
    progress.step("removal of topic permissions", () -> users.deleteTopicPermissions(user));
    return closed;
  }

  /**
   * Sets the remedy. A repeated grant may find the new permissions, and then neither gives a
   * password nor closes a connection unless an option says so.
   *
   * @param fresh true while the user's new password or its file may be missing
   * @param stale true while connections may be open with old permissions
   */
  private void remedy(boolean fresh, boolean stale) {
    List<String> options = new ArrayList<>();
    if (fresh) {
      options.add("--new-password");
    }
    if (stale) {
      options.add("--close-connections");
    }
    progress.remedy(
        options.isEmpty()
            ? Progress.REPEAT
            : "Repeat the command with "
                + String.join(" and ", options)
                + (stale ? ": open connections may still use the old permissions" : ""));
  }

  /** Sets the permissions and closes the connections that remember old ones. */
  private int setRights(DeclaredRights rights, boolean fresh) {
    remedy(fresh, true);
    progress.step("permissions", () -> users.setRights(rights));
    int closed = closeConnections();
    remedy(fresh, false);
    return closed;
  }

  private int removeBindings(DeclaredRights rights) {
    AtomicInteger removed = new AtomicInteger();
    TraceRemover traces = users.traces();
    progress.step(
        "removal of bindings",
        () ->
            removed.set(
                traces
                    .removeBindings(grant.user(), binding -> !Traces.mayMake(rights, binding))
                    .size()));
    return removed.get();
  }

  private List<String> lost() {
    return before
        .flatMap(user -> GrantedRights.targetsOf(grant.role(), user.rights()))
        .orElse(List.of())
        .stream()
        .filter(target -> !grant.targets().contains(target))
        .toList();
  }

  /** Closes the connections. Returns their number. */
  private int closeConnections() {
    AtomicInteger closed = new AtomicInteger();
    progress.step("closing of connections", () -> closed.set(closeOldConnections()));
    return closed.get();
  }

  /**
   * Closes the connections that may remember old permissions; the user may open others. The list is
   * read after the change: a connection that is opened between the two may remember, too.
   */
  private int closeOldConnections() {
    String user = grant.user();
    Set<String> old = users.connections(user);
    Patience.until(() -> users.closeConnections(user), this::openConnections);
    Patience.until(
        () -> {
          Set<String> left = new HashSet<>(users.connections(user));
          left.retainAll(old);
          return left.isEmpty();
        },
        this::openConnections);
    return old.size();
  }

  private String openConnections() {
    return "RabbitMQ did not close the connections of '%s', which may still use old permissions;"
            .formatted(grant.user())
        + " run: rabbitmqctl close_all_user_connections "
        + grant.user()
        + " 'permissions changed'";
  }
}
