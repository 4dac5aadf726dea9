package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.Names;
import java.util.Optional;

/** Rights of the AMQP login's user, and its role. Thread-safe. */
final class TenantRights {

  private final Facts facts;

  /** Part of a process id after the user. Random, so that no process and no queue has it. */
  private final String probe;

  private final Once<Optional<Role>> role;
  private final Once<Optional<String>> alarm;

  TenantRights(Facts facts, String probe) {
    this.facts = facts;
    this.probe = probe;
    this.role = new Once<>(this::findRole);
    this.alarm = new Once<>(this::findAlarm);
  }

  String user() {
    return facts.requiredAmqp().config().user();
  }

  /**
   * Returns the role: that of the settings file, else the one whose inbox the user may declare.
   * Empty if it may declare none.
   */
  Optional<Role> role() throws Exception {
    return role.get();
  }

  private Optional<Role> findRole() throws Exception {
    if (facts.given().sections().roles().size() == 1) {
      return Optional.of(facts.given().sections().roles().iterator().next());
    }
    return RoleRights.roleOf(rights(Role.CLIENT_AGENT), user(), probe);
  }

  /** Returns the rights that the role needs, and those that it must not have. */
  RoleRights expected(Role of) {
    return new RoleRights(of, user(), probe);
  }

  /**
   * Returns RabbitMQ's reason if it blocks publishers, found by a publication: RabbitMQ tells a
   * tenant of an alarm only then. Empty also if the role is unknown.
   */
  Optional<String> alarm() throws Exception {
    return alarm.get();
  }

  private Optional<String> findAlarm() throws Exception {
    Optional<Role> known = role();
    return known.isPresent()
        ? facts
            .requiredAmqp()
            .blocked(RoleRights.harmlessPublication(known.get(), probe)) // nothing is bound
        : Optional.empty();
  }

  /** Returns the user's rights. */
  UserRights rights(Role of) {
    return facts.requiredAmqp().rights(of.key() + '.' + user() + '.' + probe, probe);
  }

  /** Returns whether a process of the relay may have this user. */
  boolean hasProcessName() {
    return Names.isName(user());
  }
}
