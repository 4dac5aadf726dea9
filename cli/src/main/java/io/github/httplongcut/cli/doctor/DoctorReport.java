package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.doctor.CheckResult.Status;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.Paint;
import io.github.httplongcut.cli.output.PlainText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Results of a run, for output.
 *
 * @param results the results, in the order of the findings
 * @param took duration of the run
 */
public record DoctorReport(List<CheckResult> results, Duration took) {

  private static final String INDENT = "      ";

  /** Longest reason and remedy: the command for a broker's permissions is long. */
  private static final int MAX_CHARS = 1_000;

  /** Findings that hinder no start if they fail only in part. */
  private static final Set<Finding> HARMLESS_IN_PART =
      EnumSet.of(
          Finding.TLS_EXPIRY,
          Finding.NETWORK_RESOLVE,
          Finding.NETWORK_RABBITMQ,
          Finding.RABBITMQ_RESPONDS,
          Finding.TLS_RABBITMQ);

  public DoctorReport {
    results = List.copyOf(results);
  }

  /** Returns whether any check has found a failure. */
  public boolean failed() {
    return failures() > 0;
  }

  /**
   * Returns whether a process should not start. These failures hinder no start:
   *
   * <ul>
   *   <li>A certificate expires soon. For one that has expired another check fails, too.
   *   <li>Some of RabbitMQ's nodes have no address, are down, or have an invalid certificate, and
   *       another node has passed the same check: the process connects to that one, and verifies
   *       the certificate itself.
   * </ul>
   */
  public boolean hindersTheStart() {
    return results.stream()
        .anyMatch(
            result ->
                result.failed()
                    && !(result.status() == Status.FAIL_IN_PART
                        && HARMLESS_IN_PART.contains(result.finding())));
  }

  /** Returns the number of checks that have found all well. */
  public long passed() {
    return results.stream().filter(result -> result.status() == Status.OK).count();
  }

  private long failures() {
    return results.stream().filter(CheckResult::failed).count();
  }

  private long skipped() {
    return results.stream().filter(result -> result.status() == Status.SKIP).count();
  }

  /** Returns the lines for people. */
  public List<String> lines(Colours colours) {
    return lines(results, colours);
  }

  /** Returns the lines of the failures. */
  public List<String> failureLines(Colours colours) {
    return lines(results.stream().filter(CheckResult::failed).toList(), colours);
  }

  private List<String> lines(List<CheckResult> shown, Colours colours) {
    int width = shown.stream().mapToInt(each -> each.finding().id().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (CheckResult result : shown) {
      String word = "%-4s".formatted(word(result));
      lines.add(
          "%s  %s  %s"
              .formatted(
                  paint(result).on(word, colours),
                  padded(result.finding().id(), width),
                  PlainText.of(result.seen())));
      if (result.failed()) {
        lines.add(INDENT + "why:    " + PlainText.of(result.why(), MAX_CHARS));
        lines.add(INDENT + "remedy: " + PlainText.of(result.remedy(), MAX_CHARS));
        lines.add(INDENT + "see:    " + result.finding().entry());
      }
    }
    lines.add(summary());
    return lines;
  }

  private String summary() {
    return "%d of %d checks failed, %d skipped, in %.1f s"
        .formatted(failures(), results.size(), skipped(), took.toMillis() / 1_000.0);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(width - text.length());
  }

  private static String word(CheckResult result) {
    return switch (result.status()) {
      case OK -> "OK";
      case FAIL, FAIL_IN_PART -> "FAIL";
      case SKIP -> "SKIP";
    };
  }

  private static Paint paint(CheckResult result) {
    return switch (result.status()) {
      case OK -> Paint.GOOD;
      case FAIL, FAIL_IN_PART -> Paint.BAD;
      case SKIP -> Paint.WARNING;
    };
  }

  /** Returns the same for programs. */
  public ObjectNode json() {
    ObjectNode json = JsonOutput.object();
    ArrayNode checks = json.putArray("checks");
    for (CheckResult result : results) {
      ObjectNode check = checks.addObject();
      check.put("id", result.finding().id());
      check.put("result", word(result).toLowerCase(Locale.ROOT));
      check.put("seen", result.seen());
      if (result.failed()) {
        check.put("why", result.why());
        check.put("remedy", result.remedy());
        check.put("see", result.finding().entry());
      }
    }
    json.put("failed", failures());
    json.put("skipped", skipped());
    json.put("seconds", took.toMillis() / 1_000.0);
    return json;
  }
}
