package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Removes a user and everything of it from RabbitMQ. The user goes first: without it nobody can log
 * in again, or do more on an open connection than RabbitMQ remembers.
 */
final class Revoking {

  private final UserAdministration users;
  private final String user;
  private final SortedSet<String> vhosts;

  /**
   * @param vhosts the vhosts in which the user may have queues, exchanges and bindings
   */
  Revoking(UserAdministration users, String user, Set<String> vhosts) {
    this.users = users;
    this.user = user;
    this.vhosts = new TreeSet<>(vhosts);
  }

  /** Returns vhosts in words: {@code the vhosts 'a', 'b'}. */
  static String inWords(Set<String> vhosts) {
    return (vhosts.size() == 1 ? "the vhost '" : "the vhosts '")
        + String.join("', '", new TreeSet<>(vhosts))
        + "'";
  }

  /**
   * Removes everything. Returns once a look at RabbitMQ has found nothing. A user with very many
   * bindings may make a list that takes RabbitMQ too long, so no list is read before the user is
   * deleted, and none of bindings before the queues and exchanges are.
   *
   * @return what was removed after the connections were closed, in words
   * @throws CommandFailedException if something is still left after many attempts
   */
  String carryOut() {
    Progress progress = new Progress();
    if (vhosts.size() > 1) {
      // Without the user, a repeated command does not find its other vhosts.
      progress.remedy("Repeat the command for each of %s, with --vhost".formatted(inWords(vhosts)));
    }
    progress.step("deletion of the user", () -> users.delete(user));
    progress.step("closing of its connections", this::closeConnections);
    Removed removed = new Removed();
    for (String vhost : vhosts) {
      progress.step(
          "removal of its queues, exchanges and bindings in the vhost '%s'".formatted(vhost),
          () -> removeTraces(users.traces(vhost), removed));
    }
    return removed.all.inWords();
  }

  private void closeConnections() {
    Patience.until(this::hasNoConnection, () -> problem("connections"));
  }

  private boolean hasNoConnection() {
    boolean none = users.connections(user).isEmpty();
    if (!none) {
      boolean unused = users.closeConnections(user); // the next look finds those that are left
    }
    return none;
  }

  /** Everything that was removed, and what the last attempt found. */
  private static final class Removed {
    private Traces all = Traces.NONE;
    private Traces last = Traces.NONE;
  }

  private void removeTraces(TraceRemover traces, Removed removed) {
    Patience.until(
        () -> {
          boolean isFinal = hasNoConnection();
          Traces things = traces.removeQueuesAndExchanges(user);
          Traces bindings = traces.removeBindings(user, binding -> true);
          removed.last = things.and(bindings);
          removed.all = removed.all.and(removed.last);
          return isFinal && removed.last.isEmpty();
        },
        () -> problem(removed.last.inWords()));
  }

  private String problem(String left) {
    return "the user '%s' is deleted, but RabbitMQ still has its %s".formatted(user, left);
  }
}
