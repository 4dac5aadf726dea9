package io.github.httplongcut.cli.grant;

import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Users for brokers of a vhost. A broker trusts only brokers of its own user and those of the
 * setting {@code longcut.broker.users}, which RabbitMQ does not know.
 */
final class BrokerUsers {

  private final String vhost;
  private final SortedSet<String> names;

  BrokerUsers(String vhost, Collection<String> names) {
    this.vhost = vhost;
    this.names = new TreeSet<>(names);
  }

  /** Returns these users and another one. */
  BrokerUsers with(String name) {
    BrokerUsers more = new BrokerUsers(vhost, names);
    more.names.add(name);
    return more;
  }

  /** Returns a warning if there are several users. */
  Optional<String> warning() {
    if (names.size() < 2) {
      return Optional.empty();
    }
    return Optional.of(
        "the vhost '%s' has several users for brokers: %s; a broker discards requests that come back"
                .formatted(vhost, String.join(", ", names))
            + " from a broker of another user, and its status, unless longcut.broker.users of both"
            + " names the other user; or revoke all but one, give it --processes N, and join with"
            + " its file on each machine");
  }
}
