package io.github.httplongcut.cli.doctor;

import java.util.Set;

/**
 * One check.
 *
 * @param finding the subject of the check
 * @param prerequisites checks without which this check makes no sense
 * @param needs the part of the relay that must run
 * @param look the function that looks
 */
record DoctorCheck(Finding finding, Set<Finding> prerequisites, Needs needs, Look look) {

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
  }

  /** Creates a check that needs no process of the relay. */
  static DoctorCheck of(Finding finding, Look look, Finding... prerequisites) {
    return new DoctorCheck(finding, Set.of(prerequisites), Needs.NO_PROCESS, look);
  }

  /** Creates a check of running processes. */
  static DoctorCheck ofProcesses(Finding finding, Look look, Finding... prerequisites) {
    return new DoctorCheck(finding, Set.of(prerequisites), Needs.PROCESSES, look);
  }
}
