package io.github.httplongcut.system.doctor;

import java.util.List;
import java.util.Set;

/**
 * The finding by which the doctor tells of a fault.
 *
 * @param id the check that must fail
 * @param cause words that the cause must contain
 * @param remedy words that the remedy must contain
 * @param consequences checks that may fail as well; all others must not
 */
record ExpectedFinding(
    String id, List<String> cause, List<String> remedy, Set<String> consequences) {

  static ExpectedFinding of(String id) {
    return new ExpectedFinding(id, List.of(), List.of(), Set.of());
  }

  ExpectedFinding naming(String... words) {
    return new ExpectedFinding(id, List.of(words), remedy, consequences);
  }

  ExpectedFinding withRemedy(String... words) {
    return new ExpectedFinding(id, cause, List.of(words), consequences);
  }

  ExpectedFinding withConsequences(String... ids) {
    return new ExpectedFinding(id, cause, remedy, Set.of(ids));
  }
}
