package io.github.httplongcut.system.metrics;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reader of Prometheus' text format, as far as the processes use it. */
final class MetricsText {

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE = Pattern.compile("([^\\s{]+)(?:\\{(.*)\\})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern SUFFIX = Pattern.compile("_(bucket|count|sum)$");

  /** Labels that belong to the type. */
  private static final Set<String> OF_TYPE = Set.of("le", "quantile");

  private MetricsText() {}

  /** Returns the metrics of a page, by name. */
  static Map<String, MetricFamily> read(String text) {
    Map<String, MetricFamily> families = new TreeMap<>();
    for (String line : text.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        families.put(type.group(1), new MetricFamily(type.group(1), type.group(2)));
      } else if (!line.startsWith("#") && sample.matches()) {
        addLabels(familyOf(sample.group(1), families), sample.group(2));
      }
    }
    return families;
  }

  private static MetricFamily familyOf(String sample, Map<String, MetricFamily> families) {
    MetricFamily found =
        families.containsKey(sample)
            ? families.get(sample)
            : families.get(SUFFIX.matcher(sample).replaceFirst(""));
    if (found == null) {
      throw new AssertionError("no type of " + sample);
    }
    return found;
  }

  private static void addLabels(MetricFamily family, String labels) {
    if (labels == null) {
      return;
    }
    for (MatchResult label : LABEL.matcher(labels).results().toList()) {
      if (!OF_TYPE.contains(label.group(1))) {
        family.add(label.group(1), label.group(2));
      }
    }
  }
}
