package io.github.httplongcut.protocol;

import java.util.OptionalDouble;

/**
 * Buckets of times on a logarithmic scale, the same in every broker (protocol section 2): counts of
 * several brokers are merged by adding them up, and the quantiles are then those of all requests.
 *
 * <ul>
 *   <li>Bucket 0 has the times below 128 microseconds.
 *   <li>Buckets 1 to 184 have the times from there on, 8 buckets for each doubling. A bucket is at
 *       most an eighth wider than its lower end.
 *   <li>Bucket 185 has the times from 2^30 microseconds (18 minutes) on.
 * </ul>
 */
public final class LatencyScale {

  /** Number of buckets. */
  public static final int BUCKETS = 186;

  private static final int FIRST_EXPONENT = 7;
  private static final int LAST_EXPONENT = 30;
  private static final int STEP_BITS = 3;
  private static final int STEPS = 1 << STEP_BITS;
  private static final long NANOS_PER_MICRO = 1_000;
  private static final double MICROS_PER_MILLI = 1_000;

  private LatencyScale() {}

  /** Returns the bucket of a time. */
  public static int bucketOf(long nanos) {
    long micros = nanos / NANOS_PER_MICRO;
    if (micros < 1L << FIRST_EXPONENT) {
      return 0;
    }
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros);
    if (exponent >= LAST_EXPONENT) {
      return BUCKETS - 1;
    }
    int step = (int) (micros >>> (exponent - STEP_BITS)) & (STEPS - 1);
    return 1 + (exponent - FIRST_EXPONENT) * STEPS + step;
  }

  /** Returns the lower end of a bucket in microseconds. */
  static long lowerMicros(int bucket) {
    if (bucket == 0) {
      return 0;
    }
    int exponent = FIRST_EXPONENT + (bucket - 1) / STEPS;
    long steps = (long) STEPS + (bucket - 1) % STEPS;
    return steps << (exponent - STEP_BITS);
  }

  /**
   * Returns a quantile in milliseconds, interpolated within its bucket; empty without any count.
   *
   * @param counts a count for each bucket
   * @param quantile between 0 and 1
   */
  public static OptionalDouble quantileMillis(long[] counts, double quantile) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    if (total == 0) {
      return OptionalDouble.empty();
    }
    double rank = Math.max(1, Math.ceil(quantile * total));
    long before = 0;
    int bucket = 0;
    while (before + counts[bucket] < rank) {
      before += counts[bucket];
      bucket++;
    }
    long lower = lowerMicros(bucket);
    long width = bucket == BUCKETS - 1 ? 0 : lowerMicros(bucket + 1) - lower;
    double share = (rank - before - 0.5) / counts[bucket];
    return OptionalDouble.of((lower + width * share) / MICROS_PER_MILLI);
  }
}
