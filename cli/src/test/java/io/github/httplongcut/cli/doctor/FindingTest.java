package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FindingTest {

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
            Arrays.stream(Finding.values()).map(Finding::anchor).toList());
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
    assertThat(finding.entry()).isEqualTo("docs/operations.md#" + finding.anchor());
    assertThat(finding.remedy()).isNotBlank().doesNotEndWith(".");
  }
}
