package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;

/**
 * Removes a user and everything of it from RabbitMQ. The user goes first: without it nobody can log
 * in again, or do more on an open connection than RabbitMQ remembers.
 */
final class Revoking {

  private final UserAdministration users;
  private final String user;

  Revoking(UserAdministration users, String user) {
    this.users = users;
    this.user = user;
  }

  /**
   * Result of a revocation.
   *
   * @param existed whether there was a user
   * @param removed what was removed after the connections were closed, in words
   */
  record Outcome(boolean existed, String removed) {}

  /**
   * Removes everything. Returns once a look at RabbitMQ has found nothing. A user with very many
   * bindings may make a list too long to read, so no list is read before the user is deleted, and
   * none of bindings before the queues and exchanges are.
   *
   * @throws CommandFailedException if something is still left after many attempts
   */
  Outcome carryOut() {
    Progress progress = new Progress();
    boolean existed = users.find(user).isPresent();
    progress.step("deletion of the user", () -> users.delete(user));
    progress.step("closing of its connections", this::closeConnections);
    Removed removed = new Removed();
    progress.step("removal of its queues, exchanges and bindings", () -> removeTraces(removed));
    return new Outcome(existed, removed.all.inWords());
  }

  private void closeConnections() {
    Patience.until(this::hasNoConnection, () -> problem("connections"));
  }

  private boolean hasNoConnection() {
    boolean none = users.connections(user).isEmpty();
    if (!none) {
      users.closeConnections(user);
    }
    return none;
  }

  /** Everything that was removed, and what the last attempt found. */
  private static final class Removed {
    private Traces all = Traces.NONE;
    private Traces last = Traces.NONE;
  }

  private void removeTraces(Removed removed) {
    TraceRemover traces = users.traces();
    Patience.until(
        () -> {
          boolean isFinal = hasNoConnection();
          Traces things = traces.removeQueuesAndExchanges(user);
          Traces bindings = traces.bindings(user);
          traces.removeBindings(bindings);
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
