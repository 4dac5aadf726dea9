package io.github.httplongcut.system.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the alert rules in {@code ops/prometheus} and their tests. */
class AlertRulesTest {

  private static final Path FOLDER = Checkout.file("ops/prometheus");
  private static final Path RULES = FOLDER.resolve("longcut-alerts.yml");
  private static final Path TESTS = FOLDER.resolve("longcut-alerts_test.yml");

  private static final Pattern ALERT =
      Pattern.compile("(?ms)^      - alert: (\\w+)$(.*?)(?=^      - |^  - |\\z)");
  private static final Pattern EXPRESSION =
      Pattern.compile("(?ms)^        expr: (.*?)(?=^        \\w+:|^      - |^$|\\z)");
  private static final Pattern METRIC = Pattern.compile("\\b(?:longcut|jvm|process)_\\w+");
  private static final Pattern SUFFIX = Pattern.compile("_(bucket|count|sum)$");
  private static final Pattern TESTED = Pattern.compile("(?m)^        alertname: (\\w+)$");

  @Test
  void promtoolAcceptsRulesAndConfiguration() {
    Promtool.assumeInstalled();

    assertThat(Promtool.run("check", "rules", RULES.toString())).contains("SUCCESS");
    assertThat(Promtool.run("check", "config", FOLDER.resolve("prometheus.yml").toString()))
        .contains("SUCCESS");
  }

  @Test
  void alertsFireWhenTheyShould() {
    Promtool.assumeInstalled();

    assertThat(Promtool.run("test", "rules", TESTS.toString())).contains("SUCCESS");
  }

  /** Each alert has a test in which it is quiet at first, and then fires. */
  @Test
  void everyAlertHasATest() throws IOException {
    List<String> tested =
        TESTED.matcher(Files.readString(TESTS)).results().map(test -> test.group(1)).toList();

    assertThat(tested)
        .containsExactlyInAnyOrderElementsOf(
            alerts().stream().flatMap(alert -> Stream.of(alert.group(1), alert.group(1))).toList());
  }

  @Test
  void everyAlertTellsWhatToDo() throws IOException {
    for (MatchResult alert : alerts()) {
      String anchor = "alert-" + alert.group(1).toLowerCase(Locale.ROOT);
      assertThat(alert.group(2))
          .as(alert.group(1))
          .contains("labels: {severity: ", "summary: ", "description: ")
          .contains("runbook_url: docs/operations.md#" + anchor + "\n");
    }
  }

  @Test
  void everyMetricOfARuleIsDocumented() throws IOException {
    Set<String> used =
        EXPRESSION
            .matcher(Files.readString(RULES))
            .results()
            .flatMap(expression -> METRIC.matcher(expression.group(1)).results())
            .map(metric -> SUFFIX.matcher(metric.group()).replaceFirst(""))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(used).hasSizeGreaterThan(8);
    assertThat(MetricsPage.read().all().keySet()).containsAll(used);
  }

  private static List<MatchResult> alerts() throws IOException {
    List<MatchResult> alerts = ALERT.matcher(Files.readString(RULES)).results().toList();
    assertThat(alerts).hasSizeGreaterThan(10);
    return alerts;
  }
}
