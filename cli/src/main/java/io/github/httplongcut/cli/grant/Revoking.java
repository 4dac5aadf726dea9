package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

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
   * @param connections number of closed connections
   * @param removed what was removed, in words
   */
  record Outcome(boolean existed, int connections, String removed) {}

  /**
   * Removes everything. Returns once a look at RabbitMQ has found nothing.
   *
   * @throws CommandFailedException if something is still left after many attempts
   */
  Outcome carryOut() {
    boolean existed = users.find(user).isPresent();
    int connections = users.connections(user).size();
    Traces first = users.traces(user);
    users.delete(user);
    AtomicReference<String> left = new AtomicReference<>("");
    Patience.until(() -> isClean(left), () -> problem(left.get()));
    return new Outcome(existed, connections, first.inWords());
  }

  /**
   * Removes what is there. True if nothing was there: first no connection, and then no queue,
   * exchange or binding, which only a connection could have made.
   */
  private boolean isClean(AtomicReference<String> left) {
    Set<String> connections = users.connections(user);
    if (!connections.isEmpty()) {
      users.closeConnections(user);
    }
    Traces traces = users.traces(user);
    users.remove(traces);
    left.set(Traces.counted(connections.size(), "connection") + ", " + traces.inWords());
    return connections.isEmpty() && traces.isEmpty();
  }

  private String problem(String left) {
    return "the user '%s' is deleted, but RabbitMQ still has its %s; run the command again"
        .formatted(user, left);
  }
}
