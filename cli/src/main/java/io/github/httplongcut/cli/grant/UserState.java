package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import java.util.Optional;
import java.util.Set;

/**
 * A user as RabbitMQ has it.
 *
 * @param name the user's name
 * @param tags the user's tags, such as {@code administrator}
 * @param password hash of the user's password
 * @param rights the user's rights in the vhost
 * @param otherVhosts other vhosts in which the user has permissions
 * @param limits the user's limits
 */
record UserState(
    String name,
    Set<String> tags,
    PasswordHash password,
    DeclaredRights rights,
    Set<String> otherVhosts,
    UserLimits limits) {

  UserState {
    tags = Set.copyOf(tags);
    otherVhosts = Set.copyOf(otherVhosts);
  }

  /** Returns the role of the user's processes; empty if the user has no role's permissions. */
  Optional<Role> role() {
    return GrantedRights.roleOf(rights);
  }

  /** Returns whether the user has no permissions at all, as after a grant that failed early. */
  boolean isEmpty() {
    return rights.permission().isEmpty() && otherVhosts.isEmpty();
  }
}
