package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.core.AckTimes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {

  private static final Duration TARGET = Duration.ofMillis(500);
  private static final int MAX = 10_000;
  private static final long MS = Duration.ofMillis(1).toNanos();
  private static final long WINDOW = 100 * MS;

  private final AdaptiveLimit limit = new AdaptiveLimit(MAX, TARGET);
  private long now = 1_000_000_000_000L;

  @Test
  void theInitialLimitIsTheHighest() {
    assertThat(limit.limit()).isEqualTo(MAX);
  }

  @Test
  void acksInTimeKeepTheLimitHoweverManyRequestsWait() {
    windowWith(9_000, 499, 800);

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /** One of two brokers is frozen. */
  @Test
  void oneAckInTimeKeepsTheLimit() {
    windowWith(9_000, 6_000, 6_000, 3, 6_000);

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /** One of two brokers was frozen. It acks what it held, and nothing else is acked meanwhile. */
  @Test
  void acksOfRequestsThatOneBrokerHeldBackDoNotCount() {
    windowWith(60, 4);
    windowWith(60, 5_000, 4_000, 3_000);
    windowWith(60, 2_000, 1_000, 600);

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /** The brokers are overloaded, and one of them lags behind the other. */
  @Test
  void lateAcksInTheOrderOfPublicationCountBesideOthers() {
    windowWith(3_000, 1_500, 2_000);
    windowWith(3_000, 2_100, 1_500);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void ifAllAcksAreLateTheLimitFallsToWhatIsAckedInTime() {
    windowWith(3_000, 1_500, 1_600);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void theLimitNeverFallsBelowTheMinimum() {
    windowWith(2, 6_000);

    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.MIN_LIMIT);
  }

  @Test
  void aMaximumBelowTheMinimumIsKept() {
    AdaptiveLimit small = new AdaptiveLimit(10, TARGET);
    small.onAck(new AckTimes(now - 1_000 * MS, now));
    small.onTick(10, now + WINDOW);

    assertThat(small.limit()).isEqualTo(10);
  }

  @Test
  void aWindowWithoutAcksKeepsTheLimit() {
    windowWith(9_000);

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /** No broker runs for a second; then one starts and acks 900 requests, in order. */
  @Test
  void acksOfRequestsPublishedDuringASilenceDoNotCount() {
    for (int i = 0; i < 10; i++) {
      windowWith(900);
    }
    windowWith(900, 1_100, 1_050);
    windowWith(600, 1_000);
    windowWith(300, 700);
    assertThat(limit.limit()).isEqualTo(MAX);

    for (int i = 0; i < 5; i++) {
      windowWith(900, 800);
      assertThat(limit.limit()).as("window %s", i).isEqualTo(MAX);
    }
    windowWith(3_000, 800); // published after the silence
    assertThat(limit.limit()).isEqualTo(1_875);
  }

  @Test
  void acksAfterASilenceShorterThanTheTargetCount() {
    for (int i = 0; i < 5; i++) {
      windowWith(900);
    }
    windowWith(3_000, 1_500);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void withoutWaitingRequestsThereIsNoSilence() {
    for (int i = 0; i < 10; i++) {
      windowWith(0);
    }
    windowWith(3_000, 1_500);

    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void discardedDelaysDoNotCount() {
    limit.onAck(new AckTimes(now - 5_000 * MS, now));
    limit.discardDelays();
    windowWith(9_000);

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  @Test
  void theLimitIsBackAtTheMaximumSecondsAfterAnOverload() {
    windowWith(100, 6_000);
    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.MIN_LIMIT);

    for (int i = 0; i < 70; i++) { // seven seconds
      windowWith(5, 3);
    }

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /**
   * Simulates brokers that ack two requests each millisecond, in order, and callers that send six.
   */
  @Test
  void underThreefoldLoadTheDelayStaysNearTheTarget() {
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
        AckTimes times = new AckTimes(waiting.poll(), now);
        limit.onAck(times);
        acked++;
        longest = milli > 3_000 ? Math.max(longest, times.delayNanos()) : 0;
      }
      if (milli % 50 == 0) {
        limit.onTick(waiting.size(), now);
      }
    }

    assertThat(acked).as("the brokers stay busy").isEqualTo(20_000 * perMilli);
    assertThat(Duration.ofNanos(longest)).isBetween(TARGET.dividedBy(2), TARGET.multipliedBy(2));
  }

  private void windowWith(int waiting, long... ackMillis) {
    for (long millis : ackMillis) {
      limit.onAck(new AckTimes(now - millis * MS, now));
    }
    now += WINDOW;
    limit.onTick(waiting, now);
  }
}
