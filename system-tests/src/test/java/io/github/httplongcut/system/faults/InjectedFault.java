package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.util.Optional;

/**
 * An active fault.
 *
 * @param victim the killed or frozen process, if any; requests of callers that are connected to a
 *     victim may fail
 * @param heal ends the fault; returns once all processes that it starts are ready
 */
record InjectedFault(Optional<RoleProcess> victim, Runnable heal) {

  static InjectedFault withVictim(RoleProcess victim, Runnable heal) {
    return new InjectedFault(Optional.of(victim), heal);
  }

  static InjectedFault healedBy(Runnable heal) {
    return new InjectedFault(Optional.empty(), heal);
  }
}
