package io.github.httplongcut.cli.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VerdictTest {

  private static final Path ERRORS_PAGE =
      Path.of(System.getProperty("longcut.root"), "docs", "errors.md");

  @Test
  void ranIsWhatTheDocumentationSays() throws IOException {
    Matcher rows =
        Pattern.compile("^\\| `([a-z_]+)` \\| (\\d{3}) \\| ([a-z]+)", Pattern.MULTILINE)
            .matcher(Files.readString(ERRORS_PAGE, UTF_8));
    int checked = 0;
    while (rows.find()) {
      String code = rows.group(1);
      if (code.equals("not_implemented")) {
        continue; // two rows: the status alone does not tell whether it ran
      }
      String ran = Verdict.of(entry("POST", code, Integer.parseInt(rows.group(2)))).ran();
      assertThat(ran)
          .as(code)
          .isEqualTo(
              switch (rows.group(3)) {
                case "no", "yes" -> rows.group(3);
                default -> "it may have run";
              });
      checked++;
    }
    assertThat(checked).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource
  void eachFailureHasANextStep(Failure failure) {
    Verdict verdict = Verdict.of(entry("POST", failure.code(), failure.status()));

    assertThat(verdict.well()).isFalse();
    assertThat(verdict.nextStep()).hasSizeGreaterThan(20).endsWith("see docs/errors.md");
  }

  @ParameterizedTest
  @CsvSource({
    "answered, 200, true, none",
    "answered, 500, true, the server's log",
    "hung_up, 499, false, timeout",
    "dropped, 200, false, hang-up = finish",
    "something_new, 504, false, longcut doctor"
  })
  void otherOutcomesHaveANextStep(String outcome, int status, boolean well, String step) {
    Verdict verdict = Verdict.of(entry("GET", outcome, status));

    assertThat(verdict.well()).isEqualTo(well);
    assertThat(verdict.nextStep()).contains(step);
  }

  @ParameterizedTest
  @CsvSource({"upstream_busy, 503", "upstream_unreachable, 502", "request_not_allowed, 403"})
  void repeatableRequestMayHaveRunWithoutHarm(String outcome, int status) {
    assertThat(Verdict.of(entry("GET", outcome, status)).ran())
        .startsWith("no; or it is repeatable");
    assertThat(Verdict.of(entry("POST", outcome, status)).ran()).isEqualTo("no");
  }

  @Test
  void requestThatReachedNoAgentDidNotRun() {
    assertThat(Verdict.of(entry("GET", "no_route", 404)).ran()).isEqualTo("no");
  }

  /** Methods are case-sensitive: the relay does not repeat an unknown one. */
  @Test
  void methodInLowerCaseIsNotRepeatable() {
    assertThat(Verdict.of(entry("get", "upstream_busy", 503)).ran()).isEqualTo("no");
  }

  private static LogEntry entry(String method, String outcome, int status) {
    return new LogEntry(
        "", LogEntryTest.ID, List.of(), "", method + " /", "orders", outcome, status, 1, "");
  }
}
