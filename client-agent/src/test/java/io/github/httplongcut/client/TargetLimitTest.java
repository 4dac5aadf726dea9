package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class TargetLimitTest {

  private static final int MOST = 10_000;
  private static final long MS = Duration.ofMillis(1).toNanos();

  private final TargetLimit limit = new TargetLimit(MOST);
  private long now = 1_000_000_000_000L;

  @Test
  void asManyAsTheMostAreUnderWay() {
    acquire(MOST);

    assertThat(limit.acquire()).isFalse();
    limit.release();
    assertThat(limit.acquire()).isTrue();
  }

  @Test
  void aTargetWithoutRoomTakesNoMoreThanAreUnderWay() {
    acquire(200);
    noRoom();

    assertThat(limit.limit()).isEqualTo(199);
    assertThat(limit.acquire()).isFalse();
  }

  @Test
  void whateverEndsMakesRoom() {
    acquire(200);
    noRoom();
    limit.release();

    assertThat(limit.acquire()).isTrue();
    assertThat(limit.acquire()).isFalse();
  }

  /** Most of those under way are not with a broker yet: there is no room for them. */
  @Test
  void theFirstTimeItFallsAsFarAsItMust() {
    acquire(5_000);
    for (int i = 0; i < 4_800; i++) {
      noRoom();
    }

    assertThat(limit.limit()).isEqualTo(200);
  }

  @Test
  void laterItFallsByHalfInOneWindowAtTheMost() {
    acquire(201);
    noRoom();
    nextWindow();
    for (int i = 0; i < 150; i++) {
      noRoom();
    }
    assertThat(limit.limit()).isEqualTo(99);

    nextWindow();
    for (int i = 0; i < 8; i++) { // of 150
      noRoom();
    }
    assertThat(limit.limit()).as("as far as what is left").isEqualTo(42);
  }

  /** One broker of two may have a full room. */
  @Test
  void aFewOfManyThatFindNoRoomDoNotLowerIt() {
    acquire(1_000);
    for (int i = 0; i < 400; i++) {
      limit.release();
    }
    nextWindow();

    for (int i = 0; i < 20; i++) {
      noRoom();
    }
    assertThat(limit.limit()).as("one in twenty").isEqualTo(MOST);
    noRoom();
    assertThat(limit.limit()).isEqualTo(579);
  }

  @Test
  void itNeverFallsBelowTheLeast() {
    acquire(5);
    noRoom();

    assertThat(limit.limit()).isEqualTo(TargetLimit.LEAST);
  }

  @Test
  void aMostBelowTheLeastStaysTheMost() {
    TargetLimit small = new TargetLimit(10);
    assertThat(small.acquire()).isTrue();
    small.release();
    small.onNoRoom();

    assertThat(small.limit()).isEqualTo(10);
  }

  @Test
  void itGrowsInWindowsInWhichItDoesNotFall() {
    nextWindow();
    acquire(200);
    noRoom();
    nextWindow();
    assertThat(limit.limit()).as("it fell").isEqualTo(199);

    nextWindow();
    assertThat(limit.limit()).as("a tenth more").isEqualTo(219);
    nextWindow();
    assertThat(limit.limit()).as("two tenths more").isEqualTo(263);

    noRoom();
    nextWindow();
    int after = limit.limit();
    nextWindow();
    assertThat(limit.limit()).as("from the start").isEqualTo((int) Math.ceil(after * 1.1));
  }

  @Test
  void soonAfterTheLastThatFoundNoRoomNothingIsLeftOfIt() {
    acquire(1);
    noRoom();
    nextWindow();
    assertThat(limit.limit()).isEqualTo(TargetLimit.LEAST);

    for (int i = 0; i < 12; i++) {
      nextWindow();
    }

    assertThat(limit.limit()).isEqualTo(MOST);
  }

  /**
   * Brokers with room for 200 of which two end each millisecond, 20 ms away, asked for three times
   * as many.
   */
  @Test
  void underThreeTimesTheLoadHardlyAnyGoToABrokerInVainAndTheTargetIsKeptBusy() {
    Deque<Long> onTheWay = new ArrayDeque<>();
    Deque<Long> refused = new ArrayDeque<>();
    int room = 200;
    int inRoom = 0;
    int ended = 0;
    int inVain = 0;
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
          refused.add(now + 10 * MS);
        }
      }
      while (!refused.isEmpty() && refused.peek() <= now) {
        refused.poll();
        inVain++;
        noRoom();
      }
      if (milli % 50 == 0) {
        limit.onTick(now);
      }
    }

    assertThat(ended).as("it is kept busy").isGreaterThan(2 * 20_000 * 99 / 100);
    assertThat(inVain).isLessThan(refusedHere / 10);
  }

  private void acquire(int count) {
    for (int i = 0; i < count; i++) {
      assertThat(limit.acquire()).isTrue();
    }
  }

  private void noRoom() {
    limit.release();
    limit.onNoRoom();
  }

  private void nextWindow() {
    now += Window.LENGTH.toNanos();
    limit.onTick(now);
  }
}
