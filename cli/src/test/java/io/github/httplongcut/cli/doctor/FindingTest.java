package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FindingTest {

  private static final Pattern NAMED_FINDING = Pattern.compile("`([a-z]+\\.[a-z]+)`");

  private static final String SECTION = "## Runbook: findings of the doctor";

  @Test
  void everyFindingHasAnEntryAndEveryEntryAFinding() throws Exception {
    Path page = Path.of(System.getProperty("longcut.root"), Finding.PAGE);
    List<String> lines = Files.readAllLines(page);
    int start = lines.indexOf(SECTION);
    assertThat(start).as(SECTION).isPositive();

    List<String> anchors =
        lines.subList(start + 1, lines.size()).stream()
            .takeWhile(line -> !line.startsWith("## "))
            .filter(line -> line.startsWith("### "))
            .map(FindingTest::anchor)
            .toList();

    assertThat(anchors)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Finding.values())
                .filter(finding -> finding.category() != CheckCategory.PRODUCTION)
                .map(Finding::anchor)
                .toList());
  }

  /** Each item of the checklist names the findings that check it, or says how to check by hand. */
  @Test
  void everyFindingBeforeProductionIsInTheChecklistAndEveryItemNamesItsFindings() throws Exception {
    Path page = Path.of(System.getProperty("longcut.root"), "docs/security.md");
    List<String> lines = Files.readAllLines(page);
    int start = lines.indexOf("## The checklist before production");
    assertThat(start).isPositive();
    String section =
        String.join(
            "\n",
            lines.subList(start + 1, lines.size()).stream()
                .takeWhile(line -> !line.startsWith("## "))
                .toList());
    List<String> items =
        Arrays.stream(section.split("\n(?=\\d+\\. )"))
            .filter(item -> item.matches("(?s)\\d+\\. .*"))
            .toList();
    assertThat(items).hasSizeGreaterThan(12);

    Set<String> known =
        Arrays.stream(Finding.values()).map(Finding::id).collect(Collectors.toSet());
    Set<String> named = new TreeSet<>();
    for (String item : items) {
      List<String> findings =
          NAMED_FINDING
              .matcher(item)
              .results()
              .map(match -> match.group(1))
              .filter(known::contains)
              .toList();
      assertThat(!findings.isEmpty() || item.contains("**By hand**")).as(item).isTrue();
      named.addAll(findings);
    }
    assertThat(named)
        .containsAll(
            Arrays.stream(Finding.values())
                .filter(finding -> finding.category() == CheckCategory.PRODUCTION)
                .map(Finding::id)
                .toList());
  }

  /** Returns the anchor that GitHub gives to a heading. */
  private static String anchor(String heading) {
    return heading
        .replaceFirst("^#+ ", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9 _-]", "")
        .replace(' ', '-');
  }

  @ParameterizedTest
  @EnumSource
  void theIdBeginsWithTheCategory(Finding finding) {
    assertThat(finding.id()).startsWith(finding.category().key() + '.');
    assertThat(finding.entry())
        .isEqualTo(
            finding.category() == CheckCategory.PRODUCTION
                ? "docs/security.md#the-checklist-before-production"
                : "docs/operations.md#" + finding.anchor());
    assertThat(finding.remedy()).isNotBlank().doesNotEndWith(".");
  }
}
