package io.github.httplongcut.system.docs;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Checks the runbook in {@code docs/operations.md}: it has an entry for each alert, for each
 * finding of the doctor and for each error code, no further ones, and each entry has all its parts.
 */
class RunbookTest {

  private static final String PAGE = "docs/operations.md";

  /** Failures that no process of this version shows to a caller. */
  private static final Set<Failure> NOT_SHOWN =
      Set.of(
          Failure.UNAUTHORIZED,
          Failure.CALLER_FORBIDDEN,
          Failure.REQUEST_NOT_ALLOWED,
          Failure.RATE_LIMITED,
          Failure.NOT_RUN);

  /** An alert rule, and its severity. */
  private static final Pattern ALERT =
      Pattern.compile("- alert: (\\w+)\\s(?:(?!- alert:).)*?severity: (\\w+)", Pattern.DOTALL);

  /** A row of the table of alerts: name, anchor and severity. */
  private static final Pattern ALERT_ROW =
      Pattern.compile("\\| \\[`(\\w+)`]\\(#([\\w-]+)\\) \\| (\\w+) \\|");

  /** A constant of the enum of the findings. */
  private static final Pattern FINDING =
      Pattern.compile(
          "^  ((?:CONFIG|NETWORK|TLS|RABBITMQ|TOPOLOGY|PERMISSIONS|TARGETS|RELAY)_[A-Z]+)\\(",
          Pattern.MULTILINE);

  /** The begin of a finding's entry: its id. */
  private static final Pattern FINDING_ENTRY = Pattern.compile("`([a-z]+)\\.([a-z]+)` · ");

  @Test
  void everyAlertHasAnEntry() throws IOException {
    Map<String, String> rules = new TreeMap<>();
    for (MatchResult rule : matches(ALERT, read("ops/prometheus/longcut-alerts.yml"))) {
      rules.put(rule.group(1), rule.group(2));
    }
    Map<String, String> rows = new TreeMap<>();
    for (MatchResult row : matches(ALERT_ROW, read(PAGE))) {
      rows.put(row.group(1), row.group(3));
      assertThat(row.group(2)).isEqualTo("alert-" + row.group(1).toLowerCase(Locale.ROOT));
    }
    assertThat(rules).isNotEmpty();
    assertThat(rows).as("alerts and their severities in " + PAGE).isEqualTo(rules);
    assertThat(anchorsWith("alert-"))
        .isEqualTo(
            rules.keySet().stream()
                .map(name -> "alert-" + name.toLowerCase(Locale.ROOT))
                .collect(toCollection(TreeSet::new)));
  }

  @Test
  void everyFindingOfTheDoctorHasAnEntry() throws IOException {
    Set<String> findings = new TreeSet<>();
    String source = read("cli/src/main/java/io/github/httplongcut/cli/doctor/Finding.java");
    for (MatchResult finding : matches(FINDING, source)) {
      findings.add(finding.group(1).toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    Set<String> entries = new TreeSet<>();
    sections()
        .forEach(
            (anchor, text) -> {
              Matcher id = FINDING_ENTRY.matcher(text.strip());
              if (id.lookingAt()) {
                assertThat(anchor).isEqualTo(id.group(1) + '-' + id.group(2));
                entries.add(anchor);
              }
            });
    assertThat(findings).isNotEmpty();
    assertThat(entries).isEqualTo(findings);
  }

  @Test
  void everyErrorCodeHasAnEntry() throws IOException {
    Set<String> codes =
        Arrays.stream(Failure.values())
            .filter(failure -> !NOT_SHOWN.contains(failure))
            .map(failure -> "error-" + failure.code())
            .collect(toCollection(TreeSet::new));
    assertThat(anchorsWith("error-")).isEqualTo(codes);
  }

  @Test
  void everyEntryHasAllItsParts() throws IOException {
    sections()
        .forEach(
            (anchor, text) -> {
              if (text.contains("**Meaning.**")) {
                assertThat(text)
                    .as(anchor)
                    .containsPattern("\\*\\*Confirm(?: and remedy)?\\.\\*\\*")
                    .containsPattern("\\*\\*(?:Confirm and r|R)emedy\\.\\*\\*");
                // The begin of the chapter says for all error codes when they are over.
                assertThat(text.contains("**Over when** ") || anchor.startsWith("error-"))
                    .as(anchor + " says when it is over")
                    .isTrue();
              }
            });
    assertThat(sections().values().stream().filter(text -> text.contains("**Meaning.**")))
        .as("entries")
        .hasSizeGreaterThan(60);
  }

  private static Set<String> anchorsWith(String prefix) throws IOException {
    return sections().entrySet().stream()
        .filter(section -> section.getKey().startsWith(prefix))
        .filter(section -> section.getValue().contains("**Meaning.**"))
        .map(Map.Entry::getKey)
        .collect(toCollection(TreeSet::new));
  }

  private static Map<String, String> sections() throws IOException {
    return MarkdownPage.read(Checkout.file(PAGE)).sections();
  }

  private static String read(String file) throws IOException {
    return Files.readString(Checkout.file(file));
  }

  private static List<MatchResult> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().toList();
  }
}
