package io.github.httplongcut.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.httplongcut.bench.Row.Cost;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Results of a run: rows, goals, notes and failures. */
final class BenchReport {

  private static final double MICROS_PER_MILLI = 1000;

  private final List<Row> rows = new ArrayList<>();
  private final List<Goal> goals = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  void add(Row row) {
    rows.add(row);
    if (row.errors() > 0) {
      addFailure("%s: %d responses were wrong or lost".formatted(row.step(), row.errors()));
    }
  }

  void add(Goal goal) {
    goals.add(goal);
  }

  /** Adds a figure without a goal. */
  void note(String text) {
    notes.add(text);
  }

  /** Adds a failure: a wrong or missing response, or a measurement that was not possible. */
  void addFailure(String text) {
    failures.add(text);
  }

  boolean hasNoFailures() {
    return failures.isEmpty();
  }

  void print(PrintStream out) {
    if (!rows.isEmpty()) {
      printRows(out);
      printProcesses(out);
      out.println();
    }
    for (Goal goal : goals) {
      line(
          out,
          "%-7s %-72s %9.2f %s %.2f"
              .formatted(
                  goal.isMet() ? "met" : "NOT MET",
                  goal.name(),
                  goal.value(),
                  goal.bound() == Goal.Bound.AT_LEAST ? ">=" : "<=",
                  goal.limit()));
    }
    if (!notes.isEmpty()) {
      out.println();
      notes.forEach(note -> line(out, note));
    }
    out.println();
    if (hasNoFailures()) {
      out.println("All responses arrived and were correct.");
    }
    failures.forEach(failure -> line(out, "FAILED  %s".formatted(failure)));
  }

  private void printRows(PrintStream out) {
    line(
        out,
        "%-34s %10s %9s %9s %9s %6s %9s %9s"
            .formatted("", "per s", "p50 ms", "p90 ms", "p99 ms", "errors", "CPU µs", "messages"));
    for (Row row : rows) {
      line(
          out,
          "%-34s %10.0f %9s %9s %9s %6d %9s %9s"
              .formatted(
                  row.step(),
                  row.perSecond(),
                  millis(row.latency().p50()),
                  millis(row.latency().p90()),
                  millis(row.latency().p99()),
                  row.errors(),
                  blankIfZero(0, row.cpuMicros()),
                  blankIfZero(2, row.messages().roles())));
    }
  }

  /** Prints CPU time per request and peak memory, one column per process. */
  private void printProcesses(PrintStream out) {
    TreeSet<String> names = new TreeSet<>();
    rows.forEach(row -> names.addAll(row.processes().keySet()));
    if (names.isEmpty()) {
      return;
    }
    out.println();
    StringBuilder head = new StringBuilder("%-34s".formatted("CPU µs per request / peak MiB"));
    names.forEach(name -> head.append(" %15s".formatted(name)));
    out.println(head);
    for (Row row : rows) {
      StringBuilder text = new StringBuilder("%-34s".formatted(row.step()));
      for (String name : names) {
        Cost cost = row.processes().get(name);
        text.append(
            " %15s"
                .formatted(
                    cost == null ? "" : "%.0f / %.0f".formatted(cost.cpuMicros(), cost.peakMiB())));
      }
      out.println(text.toString().stripTrailing());
    }
  }

  void write(Path file) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("processors", Runtime.getRuntime().availableProcessors());
    all.put("rows", rows);
    all.put(
        "goals",
        goals.stream()
            .map(
                goal ->
                    Map.of(
                        "what", goal.name(),
                        "value", goal.value(),
                        "bound", goal.bound().name().toLowerCase(Locale.ROOT),
                        "limit", goal.limit(),
                        "met", goal.isMet()))
            .toList());
    all.put("notes", notes);
    all.put("wrong", failures);
    try {
      Files.write(
          file,
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(all));
    } catch (IOException e) {
      throw new BenchException("cannot write " + file, e);
    }
  }

  private static String millis(double micros) {
    return blankIfZero(2, micros / MICROS_PER_MILLI);
  }

  private static String blankIfZero(int decimals, double value) {
    return value == 0 ? "" : String.format("%." + decimals + "f", value);
  }

  private static void line(PrintStream out, String text) {
    out.println(text.stripTrailing());
  }
}
