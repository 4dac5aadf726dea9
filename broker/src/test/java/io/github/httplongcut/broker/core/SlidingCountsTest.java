package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlidingCountsTest {

  private static final long SLOT = 1_000;

  @Test
  void eventsLeaveTheWindowWithTheirSlot() {
    SlidingCounts counts = new SlidingCounts(2, 3, SLOT);
    counts.add(0, 10);
    counts.add(1, 1_500);

    assertThat(counts.sum(2_999)).isEqualTo(2);
    assertThat(counts.sum(3_000)).isEqualTo(1);
    assertThat(counts.totals(3_000)).containsExactly(0, 1);
    assertThat(counts.sum(4_000)).isZero();
  }

  @Test
  void longSilenceEmptiesTheWindow() {
    SlidingCounts counts = new SlidingCounts(1, 3, SLOT);
    counts.add(0, 10);

    assertThat(counts.sum(1_000_000)).isZero();
    counts.add(0, 1_000_100);
    assertThat(counts.sum(1_002_999)).isEqualTo(1);
    assertThat(counts.sum(1_003_000)).isZero();
  }

  /** Compares with a list of all events, for any start, since {@code nanoTime} may be negative. */
  @ParameterizedTest
  @ValueSource(longs = {0, -7_777, 1L << 60, Long.MIN_VALUE + 10_000_000})
  void countsAreThoseOfTheEventsInTheWindow(long start) {
    Random random = new Random(start);
    SlidingCounts counts = new SlidingCounts(3, 5, SLOT);
    Deque<long[]> events = new ArrayDeque<>();
    long now = start;
    for (int i = 0; i < 20_000; i++) {
      now += random.nextInt(10) == 0 ? random.nextInt(7_000) : random.nextInt(300);
      if (random.nextBoolean()) {
        int kind = random.nextInt(3);
        counts.add(kind, now);
        events.add(new long[] {now, kind});
      }
      long first = (Math.floorDiv(now, SLOT) - 4) * SLOT;
      events.removeIf(event -> event[0] < first);
      int[] expected = new int[3];
      events.forEach(event -> expected[(int) event[1]]++);
      assertThat(counts.sum(now)).isEqualTo(events.size());
      assertThat(counts.totals(now)).isEqualTo(expected);
    }
  }
}
