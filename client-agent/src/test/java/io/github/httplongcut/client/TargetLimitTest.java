package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class TargetLimitTest {

  private static final int MAX = 10_000;
  private static final long MS = Duration.ofMillis(1).toNanos();

  private final TargetLimit limit = new TargetLimit(MAX);
  private long now = 1_000_000_000_000L;

  @Test
  void theInitialLimitIsTheHighest() {
    acquire(MAX);

    assertThat(limit.acquire()).isFalse();
    limit.release();
    assertThat(limit.acquire()).isTrue();
  }

  @Test
  void aBusyErrorLowersTheLimitToTheRequestsInFlight() {
    acquire(200);
    endBusy();

    assertThat(limit.limit()).isEqualTo(199);
    assertThat(limit.acquire()).isFalse();
  }

  @Test
  void aRequestThatEndsFreesAPlace() {
    acquire(200);
    endBusy();
    limit.release();

    assertThat(limit.acquire()).isTrue();
    assertThat(limit.acquire()).isFalse();
  }

  /** Most requests in flight have not reached a broker yet: brokers will refuse them too. */
  @Test
  void theFirstFallHasNoFloorButTheMinimum() {
    acquire(5_000);
    for (int i = 0; i < 4_800; i++) {
      endBusy();
    }

    assertThat(limit.limit()).isEqualTo(200);
  }

  @Test
  void laterTheLimitFallsAtMostToHalfInOneWindow() {
    acquire(201);
    endBusy();
    nextWindow();
    for (int i = 0; i < 150; i++) {
      endBusy();
    }
    assertThat(limit.limit()).isEqualTo(99);

    nextWindow();
    for (int i = 0; i < 8; i++) { // of 150
      endBusy();
    }
    assertThat(limit.limit()).as("the requests still in flight").isEqualTo(42);
  }

  /** One broker of two may have a full waiting room. */
  @Test
  void aFewBusyErrorsAmongManyAnswersDoNotLowerTheLimit() {
    acquire(1_000);
    for (int i = 0; i < 400; i++) {
      limit.release();
    }
    nextWindow();

    for (int i = 0; i < 20; i++) {
      endBusy();
    }
    assertThat(limit.limit()).as("one in twenty").isEqualTo(MAX);
    endBusy();
    assertThat(limit.limit()).isEqualTo(579);
  }

  @Test
  void theLimitNeverFallsBelowTheMinimum() {
    acquire(5);
    endBusy();

    assertThat(limit.limit()).isEqualTo(TargetLimit.MIN_LIMIT);
  }

  @Test
  void aMaximumBelowTheMinimumIsKept() {
    TargetLimit small = new TargetLimit(10);
    assertThat(small.acquire()).isTrue();
    small.release();
    small.onUpstreamBusy();

    assertThat(small.limit()).isEqualTo(10);
  }

  @Test
  void theLimitGrowsFasterWithEachWindowInWhichItDoesNotFall() {
    nextWindow();
    acquire(200);
    endBusy();
    nextWindow();
    assertThat(limit.limit()).as("it fell").isEqualTo(199);

    nextWindow();
    assertThat(limit.limit()).as("a tenth more").isEqualTo(219);
    nextWindow();
    assertThat(limit.limit()).as("two tenths more").isEqualTo(263);

    endBusy();
    nextWindow();
    int after = limit.limit();
    nextWindow();
    assertThat(limit.limit()).as("a tenth again").isEqualTo((int) Math.ceil(after * 1.1));
  }

  @Test
  void theLimitIsBackAtTheMaximumSoonAfterTheLastBusyError() {
    acquire(1);
    endBusy();
    nextWindow();
    assertThat(limit.limit()).isEqualTo(TargetLimit.MIN_LIMIT);

    for (int i = 0; i < 12; i++) {
      nextWindow();
    }

    assertThat(limit.limit()).isEqualTo(MAX);
  }

  /**
   * Simulates brokers with room for 200 requests, of which two end each millisecond. The round trip
   * is 20 ms, and callers send three times as many requests as end.
   */
  @Test
  void underThreefoldLoadBrokersRefuseFewRequestsAndTheTargetStaysBusy() {
    Deque<Long> onTheWay = new ArrayDeque<>();
    Deque<Long> refusals = new ArrayDeque<>();
    int room = 200;
    int inRoom = 0;
    int ended = 0;
    int refusedByBrokers = 0;
    int refusedHere = 0;
    for (int milli = 0; milli < 20_000; milli++) {
      now += MS;
      for (int i = 0; i < 6; i++) {
        if (limit.acquire()) {
          onTheWay.add(now + 10 * MS);
        } else {
          refusedHere++;
        }
      }
      for (int i = 0; i < 2 && inRoom > 0; i++) {
        inRoom--;
        ended++;
        limit.release();
      }
      while (!onTheWay.isEmpty() && onTheWay.peek() <= now) {
        onTheWay.poll();
        if (inRoom < room) {
          inRoom++;
        } else {
          refusals.add(now + 10 * MS);
        }
      }
      while (!refusals.isEmpty() && refusals.peek() <= now) {
        refusals.poll();
        refusedByBrokers++;
        endBusy();
      }
      if (milli % 50 == 0) {
        limit.onTick(now);
      }
    }

    assertThat(ended).as("the target stays busy").isGreaterThan(2 * 20_000 * 99 / 100);
    assertThat(refusedByBrokers).isLessThan(refusedHere / 10);
  }

  private void acquire(int count) {
    for (int i = 0; i < count; i++) {
      assertThat(limit.acquire()).isTrue();
    }
  }

  private void endBusy() {
    limit.release();
    limit.onUpstreamBusy();
  }

  private void nextWindow() {
    now += Window.LENGTH.toNanos();
    limit.onTick(now);
  }
}
