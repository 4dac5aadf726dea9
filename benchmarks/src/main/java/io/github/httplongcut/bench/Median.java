package io.github.httplongcut.bench;

import java.util.Arrays;

/** Computes medians. A single outlier among the measurements has little effect on a median. */
final class Median {

  private Median() {}

  /** Returns the median of one or more values. */
  static double of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
