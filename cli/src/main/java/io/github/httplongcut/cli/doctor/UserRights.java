package io.github.httplongcut.cli.doctor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Rights of one RabbitMQ user in the vhost. */
interface UserRights {

  /** Returns whether RabbitMQ allows the attempt. */
  boolean allow(AccessAttempt attempt) throws Exception;

  /**
   * Returns whether the user may send messages in the name of others, as far as attempts show it.
   */
  default boolean isImpersonator() throws Exception {
    return false;
  }

  /** Returns the attempts that RabbitMQ refuses, in the same order. */
  default List<AccessAttempt> refused(Collection<AccessAttempt> attempts) throws Exception {
    List<AccessAttempt> refused = new ArrayList<>(attempts);
    refused.removeAll(allowed(attempts));
    return refused;
  }

  /** Returns the attempts that RabbitMQ allows, in the same order. */
  default List<AccessAttempt> allowed(Collection<AccessAttempt> attempts) throws Exception {
    List<AccessAttempt> allowed = new ArrayList<>();
    for (AccessAttempt attempt : attempts) {
      if (allow(attempt)) {
        allowed.add(attempt);
      }
    }
    return allowed;
  }
}
