package io.github.httplongcut.cli.doctor;

import java.util.EnumSet;
import java.util.Set;

/**
 * One check.
 *
 * @param finding the subject of the check
 * @param prerequisites checks without which this check makes no sense
 * @param causes checks whose failure may be the cause of a failure of this check
 * @param needs the part of the relay that must run
 * @param look the function that looks
 */
record DoctorCheck(
    Finding finding, Set<Finding> prerequisites, Set<Finding> causes, Needs needs, Look look) {

  /** Part of the relay that a check looks at. */
  enum Needs {
    /** No process of the relay: the check makes sense before the start. */
    NO_PROCESS,
    /** Running processes of the relay. */
    PROCESSES
  }

  /**
   * Looks. Runs on a thread of its own, in parallel with other checks. Must not change anything,
   * and must not cause a request to run.
   */
  @FunctionalInterface
  interface Look {
    /**
     * Returns the result.
     *
     * @throws SkippedException if something is missing that the check needs
     */
    CheckResult look() throws Exception;
  }

  DoctorCheck {
    prerequisites = Set.copyOf(prerequisites);
    causes = Set.copyOf(causes);
  }

  /** Creates a check that needs no process of the relay. */
  static DoctorCheck of(Finding finding, Look look, Finding... prerequisites) {
    return new DoctorCheck(finding, Set.of(prerequisites), Set.of(), Needs.NO_PROCESS, look);
  }

  /** Creates a check of running processes. */
  static DoctorCheck ofProcesses(Finding finding, Look look, Finding... prerequisites) {
    return new DoctorCheck(finding, Set.of(prerequisites), Set.of(), Needs.PROCESSES, look);
  }

  /** Returns this check with causes. If one of them fails, a failure of this check is skipped. */
  DoctorCheck causedBy(Finding... findings) {
    return new DoctorCheck(finding, prerequisites, Set.of(findings), needs, look);
  }

  /** Returns the checks that must run before the result of this one is known. */
  Set<Finding> before() {
    Set<Finding> all = EnumSet.noneOf(Finding.class);
    all.addAll(prerequisites);
    all.addAll(causes);
    return all;
  }
}
