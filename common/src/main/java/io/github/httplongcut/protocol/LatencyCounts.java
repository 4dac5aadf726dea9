package io.github.httplongcut.protocol;

import java.util.Arrays;

/** Numbers of requests by the {@link LatencyScale}'s bucket of their time. Immutable. */
public final class LatencyCounts {

  /** No requests. */
  public static final LatencyCounts NONE = new LatencyCounts(new int[0]);

  /** A bucket and its count in turn, without counts of 0. */
  private final int[] pairs;

  private LatencyCounts(int[] pairs) {
    this.pairs = pairs;
  }

  /**
   * Returns the counts.
   *
   * @param counts a count for each bucket
   */
  public static LatencyCounts of(int[] counts) {
    int[] pairs = new int[2 * counts.length];
    int length = 0;
    for (int bucket = 0; bucket < counts.length; bucket++) {
      if (counts[bucket] > 0) {
        pairs[length] = bucket;
        pairs[length + 1] = counts[bucket];
        length += 2;
      }
    }
    return length == 0 ? NONE : new LatencyCounts(Arrays.copyOf(pairs, length));
  }

  /** Returns the number of buckets with a count. */
  public int buckets() {
    return pairs.length / 2;
  }

  /** Adds the counts to {@code sums}, which has a sum for each bucket. */
  public void addTo(long[] sums) {
    for (int i = 0; i < pairs.length; i += 2) {
      sums[pairs[i]] += pairs[i + 1];
    }
  }

  /** Returns the wire form: a bucket and its count in turn. */
  int[] pairs() {
    return pairs.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LatencyCounts counts && Arrays.equals(pairs, counts.pairs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(pairs);
  }

  @Override
  public String toString() {
    return Arrays.toString(pairs);
  }
}
