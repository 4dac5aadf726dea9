package io.github.httplongcut.bench;

import java.util.Arrays;

/** The middle of several measurements: one bad second does not move it. */
final class Median {

  private Median() {}

  /** Of at least one value. */
  static double of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
