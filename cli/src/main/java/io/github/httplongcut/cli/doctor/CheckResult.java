package io.github.httplongcut.cli.doctor;

import java.util.List;

/**
 * Result of a check.
 *
 * @param seen what the check has seen; if it was skipped, the reason
 * @param why cause of a failure; otherwise empty
 * @param remedy action for the operator after a failure; otherwise empty
 */
record CheckResult(Finding finding, Status status, String seen, String why, String remedy) {

  /** Outcome of a check. */
  enum Status {
    OK,
    FAIL,
    /**
     * Something failed, but the checks that depend on this one can still run: one of three nodes is
     * down, for example. Printed as {@code FAIL}.
     */
    FAIL_IN_PART,
    SKIP
  }

  /** Returns whether the check has found a failure. */
  boolean failed() {
    return status == Status.FAIL || status == Status.FAIL_IN_PART;
  }

  /** Returns whether the checks that depend on this one can run. */
  boolean allowsDependents() {
    return status == Status.OK || status == Status.FAIL_IN_PART;
  }

  static CheckResult ok(Finding finding, String seen) {
    return new CheckResult(finding, Status.OK, seen, "", "");
  }

  static CheckResult skip(Finding finding, String why) {
    return new CheckResult(finding, Status.SKIP, why, "", "");
  }

  /** Creates a failure with the finding's usual remedy. */
  static CheckResult fail(Finding finding, String seen, String why) {
    return new CheckResult(finding, Status.FAIL, seen, why, finding.remedy());
  }

  /** Creates a failure after which the checks that depend on this one can still run. */
  static CheckResult failInPart(Finding finding, String seen, String why) {
    return new CheckResult(finding, Status.FAIL_IN_PART, seen, why, finding.remedy());
  }

  /**
   * Creates a failure of several problems, after which dependent checks can still run.
   *
   * @param problems one sentence each, at least one
   * @param consequence effect of all of them
   */
  static CheckResult problems(Finding finding, List<String> problems, String consequence) {
    int more = problems.size() - 1;
    return more == 0
        ? failInPart(finding, problems.get(0), consequence)
        : failInPart(
            finding,
            "%s, and %d more".formatted(problems.get(0), more),
            String.join("; ", problems) + ": " + consequence);
  }

  /** Returns the same failure, after which the checks that depend on this one can still run. */
  CheckResult inPart() {
    return new CheckResult(finding, Status.FAIL_IN_PART, seen, why, remedy);
  }

  /** Returns the same failure with a more specific remedy. */
  CheckResult withRemedy(String specific) {
    return new CheckResult(finding, status, seen, why, specific);
  }
}
