package io.github.httplongcut.system.metrics;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The page {@code docs/metrics.md}. An entry is a list item that begins with name, type and labels:
 *
 * <pre>
 * - **`longcut_things_total`** (counter; `kind`): things. Look for many.
 *   - `kind`, here and below: `big`, `small` (less than big).
 * </pre>
 */
final class MetricsPage {

  private static final Pattern SECTION = Pattern.compile("(?m)^## (.*)$");
  private static final Pattern ENTRY =
      Pattern.compile(
          "(?m)^- \\*\\*`(\\w+)`\\*\\*\\s+\\((counter|gauge|histogram|summary)(?:;\\s+([^)]*))?\\):");
  private static final Pattern VALUES = Pattern.compile("(?m)^  - `(\\w+)`");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** Words in the entry of a metric that only an unusual event creates. */
  private static final Pattern LATE = Pattern.compile("Appears with the first(?! request)");

  private final Map<String, Map<String, MetricFamily>> sections = new TreeMap<>();
  private final Set<String> late = new TreeSet<>();

  private MetricsPage() {}

  static MetricsPage read() throws IOException {
    String text = Files.readString(Checkout.file("docs/metrics.md"));
    MetricsPage page = new MetricsPage();
    for (Part section : parts(SECTION, text)) {
      Map<String, MetricFamily> entries = new TreeMap<>();
      Map<String, Set<String>> values = new TreeMap<>();
      for (Part entry : parts(ENTRY, section.text)) {
        MetricFamily family = read(entry);
        inheritValues(family, values);
        entries.put(family.name(), family);
        if (LATE.matcher(entry.text.replaceAll("\\s+", " ")).find()) {
          page.late.add(entry.head.group(1));
        }
      }
      page.sections.put(section.head.group(1), entries);
    }
    return page;
  }

  /** Returns the entries of a section, by name. */
  Map<String, MetricFamily> section(String title) {
    Map<String, MetricFamily> section = sections.getOrDefault(title, Map.of());
    if (section.isEmpty()) {
      throw new AssertionError("no entries in the section " + title);
    }
    return section;
  }

  /** Returns the entries of all sections, by name. */
  Map<String, MetricFamily> all() {
    Map<String, MetricFamily> all = new TreeMap<>();
    sections.values().forEach(all::putAll);
    return all;
  }

  /** Returns whether the page says that only an unusual event creates the metric. */
  boolean appearsLate(String name) {
    return late.contains(name);
  }

  /** Values of a label that an entry does not list are those of the entries before it. */
  private static void inheritValues(MetricFamily family, Map<String, Set<String>> values) {
    family
        .labels()
        .forEach(
            (label, own) -> {
              if (own.isEmpty()) {
                own.addAll(values.getOrDefault(label, Set.of()));
              } else {
                values.put(label, own);
              }
            });
  }

  private static MetricFamily read(Part entry) {
    MetricFamily family = new MetricFamily(entry.head.group(1), entry.head.group(2));
    if (entry.head.group(3) != null) {
      Matcher label = CODE.matcher(entry.head.group(3));
      label.results().forEach(each -> family.labels().put(each.group(1), new TreeSet<>()));
    }
    for (Part values : parts(VALUES, entry.text)) {
      CODE.matcher(values.text)
          .results()
          .forEach(value -> family.add(values.head.group(1), value.group(1)));
    }
    return family;
  }

  /** A match of a pattern, with the text up to the next match or heading. */
  private record Part(MatchResult head, String text) {}

  private static List<Part> parts(Pattern pattern, String text) {
    List<MatchResult> heads = pattern.matcher(text).results().toList();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      int end = i + 1 < heads.size() ? heads.get(i + 1).start() : text.length();
      String rest = text.substring(heads.get(i).end(), end);
      parts.add(new Part(heads.get(i), pattern == SECTION ? rest : rest.split("\n#", 2)[0]));
    }
    return parts;
  }
}
