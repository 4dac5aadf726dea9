package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyScaleTest {

  @Test
  void bucketsFollowEachOtherWithoutGaps() {
    int before = -1;
    for (long micros = 0; micros < 1L << 31; micros = micros * 33 / 32 + 1) {
      int bucket = LatencyScale.bucketOf(TimeUnit.MICROSECONDS.toNanos(micros));
      assertThat(bucket).isBetween(before, before + 1);
      assertThat(LatencyScale.lowerMicros(bucket)).isLessThanOrEqualTo(micros);
      if (bucket < LatencyScale.BUCKETS - 1) {
        assertThat(LatencyScale.lowerMicros(bucket + 1)).isGreaterThan(micros);
      }
      before = bucket;
    }
    assertThat(before).isEqualTo(LatencyScale.BUCKETS - 1);
  }

  @Test
  void bucketsAreAtMostAnEighthWide() {
    for (int bucket = 1; bucket < LatencyScale.BUCKETS - 1; bucket++) {
      long lower = LatencyScale.lowerMicros(bucket);
      assertThat(LatencyScale.lowerMicros(bucket + 1) - lower).isLessThanOrEqualTo(lower / 8);
    }
  }

  @Test
  void extremeTimesHaveABucket() {
    assertThat(LatencyScale.bucketOf(0)).isZero();
    assertThat(LatencyScale.bucketOf(-5)).isZero();
    assertThat(LatencyScale.bucketOf(Long.MAX_VALUE)).isEqualTo(LatencyScale.BUCKETS - 1);
  }

  @Test
  void quantilesAreCloseToTheTimes() {
    long[] counts = new long[LatencyScale.BUCKETS];
    for (int ms = 1; ms <= 1_000; ms++) {
      counts[LatencyScale.bucketOf(TimeUnit.MILLISECONDS.toNanos(ms))]++;
    }

    assertThat(LatencyScale.quantileMillis(counts, 0.5).orElseThrow()).isCloseTo(500, within(10.0));
    assertThat(LatencyScale.quantileMillis(counts, 0.99).orElseThrow())
        .isCloseTo(990, within(40.0));
    assertThat(LatencyScale.quantileMillis(new long[LatencyScale.BUCKETS], 0.5)).isEmpty();
  }

  @Test
  void quantilesOfSeveralBrokersAreThoseOfAllRequests() {
    long[] one = new long[LatencyScale.BUCKETS];
    long[] two = new long[LatencyScale.BUCKETS];
    int[] fast = new int[LatencyScale.BUCKETS];
    int[] slow = new int[LatencyScale.BUCKETS];
    fast[LatencyScale.bucketOf(TimeUnit.MILLISECONDS.toNanos(2))] = 98;
    slow[LatencyScale.bucketOf(TimeUnit.MILLISECONDS.toNanos(900))] = 2;
    LatencyCounts.of(fast).addTo(one);
    LatencyCounts.of(slow).addTo(one);
    LatencyCounts.of(slow).addTo(two);
    LatencyCounts.of(fast).addTo(two);

    assertThat(one).isEqualTo(two);
    assertThat(LatencyScale.quantileMillis(one, 0.5).orElseThrow()).isCloseTo(2, within(0.25));
    assertThat(LatencyScale.quantileMillis(one, 0.99).orElseThrow()).isCloseTo(900, within(100.0));
  }
}
