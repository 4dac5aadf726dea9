package io.github.httplongcut.system.metrics;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A metric with its labels, as a process exposes it or as the documentation describes it.
 *
 * @param type counter, gauge, histogram or summary
 * @param labels the values of each label, without {@code le} and {@code quantile}
 */
record MetricFamily(String name, String type, Map<String, Set<String>> labels) {

  MetricFamily(String name, String type) {
    this(name, type, new TreeMap<>());
  }

  void add(String label, String value) {
    labels.computeIfAbsent(label, any -> new TreeSet<>()).add(value);
  }

  /** Returns name, type and label names in one line. */
  String signature() {
    return "%s (%s%s)"
        .formatted(name, type, labels.isEmpty() ? "" : "; " + String.join(", ", labels.keySet()));
  }
}
