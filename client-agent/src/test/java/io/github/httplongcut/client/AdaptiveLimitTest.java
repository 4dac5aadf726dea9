package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {

  private static final Duration TARGET = Duration.ofMillis(500);
  private static final int MOST = 10_000;
  private static final long MS = Duration.ofMillis(1).toNanos();
  private static final long WINDOW = 100 * MS;

  private final AdaptiveLimit limit = new AdaptiveLimit(MOST, TARGET);
  private long now = 1_000_000_000_000L;

  @Test
  void itStartsAtTheMost() {
    assertThat(limit.limit()).isEqualTo(MOST);
  }

  @Test
  void acksInTimeLeaveItThereHoweverManyWait() {
    windowWith(9_000, 499, 800);

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  /** Of two brokers one is frozen. */
  @Test
  void oneAckInTimeIsEnough() {
    windowWith(9_000, 6_000, 6_000, 3, 6_000);

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  @Test
  void allAcksTooLateCutItAtOnceToWhatIsAckedInTime() {
    windowWith(3_000, 1_500, 1_600);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void fewThatWaitLongDoNotCutItBelowTheLeast() {
    windowWith(2, 6_000);

    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.LEAST);
  }

  @Test
  void aMostBelowTheLeastStaysTheMost() {
    AdaptiveLimit small = new AdaptiveLimit(10, TARGET);
    small.onAck(1_000 * MS);
    small.onTick(10, now + WINDOW);

    assertThat(small.limit()).isEqualTo(10);
  }

  @Test
  void silenceChangesNothing() {
    windowWith(9_000);

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  /** There was no broker for a second, and 900 requests are acked by the next one, in order. */
  @Test
  void delaysThatASilenceCausedDoNotCount() {
    for (int i = 0; i < 10; i++) {
      windowWith(900);
    }
    windowWith(900, 1_100, 1_050);
    windowWith(600, 1_000);
    windowWith(300, 700);
    assertThat(limit.limit()).isEqualTo(MOST);

    for (int i = 0; i < 5; i++) {
      windowWith(900, 800);
      assertThat(limit.limit()).as("window %s", i).isEqualTo(MOST);
    }
    windowWith(3_000, 800); // published after it
    assertThat(limit.limit()).isEqualTo(1_875);
  }

  @Test
  void aSilenceShorterThanTheTargetExcusesNothing() {
    for (int i = 0; i < 5; i++) {
      windowWith(900);
    }
    windowWith(3_000, 1_500);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void whileNothingWaitsThereIsNoSilence() {
    for (int i = 0; i < 10; i++) {
      windowWith(0);
    }
    windowWith(3_000, 1_500);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void whatCameWhileTheProcessStoodStillDoesNotCount() {
    limit.onAck(5_000 * MS);
    limit.disregard();
    windowWith(9_000);

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  @Test
  void itIsBackAtTheMostSecondsAfterTheOverload() {
    windowWith(100, 6_000);
    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.LEAST);

    for (int i = 0; i < 70; i++) { // seven seconds
      windowWith(5, 3);
    }

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  /** A relay that acks so many each millisecond, in order, asked for three times as many. */
  @Test
  void underThreeTimesTheLoadTheDelayStaysNearTheTarget() {
    Deque<Long> waiting = new ArrayDeque<>();
    int perMilli = 2;
    int acked = 0;
    long longest = 0;
    for (int milli = 0; milli < 20_000; milli++) {
      now += MS;
      for (int i = 0; i < 3 * perMilli && waiting.size() < limit.limit(); i++) {
        waiting.add(now);
      }
      for (int i = 0; i < perMilli && !waiting.isEmpty(); i++) {
        long delay = now - waiting.poll();
        limit.onAck(delay);
        acked++;
        longest = milli > 3_000 ? Math.max(longest, delay) : 0;
      }
      if (milli % 50 == 0) {
        limit.onTick(waiting.size(), now);
      }
    }

    assertThat(acked).as("it is kept busy").isEqualTo(20_000 * perMilli);
    assertThat(Duration.ofNanos(longest)).isBetween(TARGET.dividedBy(2), TARGET.multipliedBy(2));
  }

  private void windowWith(int waiting, long... ackMillis) {
    for (long millis : ackMillis) {
      limit.onAck(millis * MS);
    }
    now += WINDOW;
    limit.onTick(waiting, now);
  }
}
