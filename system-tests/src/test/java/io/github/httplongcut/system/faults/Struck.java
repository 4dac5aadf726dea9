package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.util.Optional;

/**
 * A fault that is on.
 *
 * @param victim the process that cannot do its part: what callers lose with a client agent that is
 *     killed or frozen is nobody's fault
 * @param heal ends the fault; returns once what was started for that is ready
 */
record Struck(Optional<RoleProcess> victim, Runnable heal) {

  static Struck at(RoleProcess victim, Runnable heal) {
    return new Struck(Optional.of(victim), heal);
  }

  static Struck healedBy(Runnable heal) {
    return new Struck(Optional.empty(), heal);
  }
}
