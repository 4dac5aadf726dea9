package io.github.httplongcut.system.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Output of {@code doctor --json}.
 *
 * @param entries one entry for each check, by its id
 */
record DoctorFindings(ToolRun run, Map<String, Entry> entries) {

  /**
   * Result of a check.
   *
   * @param result {@code ok}, {@code fail} or {@code skip}
   * @param see link to the entry of the runbook; empty unless the check failed
   */
  record Entry(String id, String result, String seen, String why, String remedy, String see) {

    boolean failed() {
      return result.equals("fail");
    }

    /** Everything that the operator reads about the cause. */
    String cause() {
      return seen + "\n" + why;
    }
  }

  static DoctorFindings of(ToolRun run) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (JsonNode each : run.json().path("checks")) {
      Entry entry =
          new Entry(
              each.path("id").asText(),
              each.path("result").asText(),
              each.path("seen").asText(),
              each.path("why").asText(),
              each.path("remedy").asText(),
              each.path("see").asText());
      if (entries.put(entry.id(), entry) != null) {
        throw new AssertionError(entry.id() + " occurs twice in " + run);
      }
    }
    if (entries.isEmpty()) {
      throw new AssertionError("no checks in " + run);
    }
    return new DoctorFindings(run, entries);
  }

  /** Ids of the checks that failed. */
  Set<String> failed() {
    return withResult("fail");
  }

  /** Ids of the checks with a result. */
  Set<String> withResult(String result) {
    Set<String> ids = new TreeSet<>();
    entries.values().stream()
        .filter(entry -> entry.result().equals(result))
        .forEach(entry -> ids.add(entry.id()));
    return ids;
  }

  /** The checks that did not pass. */
  @Override
  public String toString() {
    return "%s: exit code %d, %d ms%s%s"
        .formatted(
            run.command(),
            run.exitCode(),
            run.took().toMillis(),
            entries.values().stream()
                .filter(entry -> !entry.result().equals("ok"))
                .map(entry -> "\n  " + entry)
                .collect(Collectors.joining()),
            run.err().isEmpty() ? "" : "\n" + run.err());
  }
}
