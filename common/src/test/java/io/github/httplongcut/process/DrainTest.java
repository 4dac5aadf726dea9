package io.github.httplongcut.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Times are made up: they pass only while the drain sleeps. */
class DrainTest {

  /** No multiple of the interval at which a drain polls. */
  private static final Duration TIMEOUT = Duration.ofMillis(10_005);

  private final MadeUpTimer timer = new MadeUpTimer();
  private final Drain drain = new Drain(TIMEOUT, timer);
  private final AtomicInteger counted = new AtomicInteger();

  private static final class MadeUpTimer implements Drain.Timer {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000_000);

    /** Returns the time since the start of the test. */
    Duration passed() {
      return Duration.ofNanos(now.get() - (Long.MAX_VALUE - 1_000_000));
    }

    @Override
    public long now() {
      return now.get();
    }

    @Override
    public void sleep(Duration time) {
      assertThat(time).isPositive();
      now.addAndGet(time.toNanos());
    }
  }

  @Test
  void idleProcessDoesNotWait() throws InterruptedException {
    assertThat(awaitIdleAfter(Duration.ZERO)).isTrue();
    assertThat(timer.passed()).isZero();
  }

  @Test
  void waitEndsSoonAfterTheProcessIsIdle() throws InterruptedException {
    assertThat(awaitIdleAfter(Duration.ofMillis(5_001))).isTrue();
    assertThat(timer.passed()).isBetween(Duration.ofMillis(5_001), Duration.ofMillis(5_050));
  }

  @Test
  void waitEndsAtTheDrainTimeout() throws InterruptedException {
    assertThat(awaitIdleAfter(TIMEOUT.plusNanos(1))).isFalse();
    assertThat(timer.passed()).isEqualTo(TIMEOUT);
  }

  @Test
  void processThatIsIdleExactlyAtTheDrainTimeoutHasFinished() throws InterruptedException {
    assertThat(awaitIdleAfter(TIMEOUT)).isTrue();
  }

  @Test
  void inFlightRequestsAreCountedOnlyAtTheDrainTimeout() throws InterruptedException {
    awaitIdleAfter(Duration.ofSeconds(1));
    assertThat(counted).hasValue(0);

    awaitIdleAfter(TIMEOUT.plusNanos(1));
    assertThat(counted).hasValue(1);
  }

  /** A client agent waits for quiet callers first. */
  @Test
  void timeOfAnEarlierWaitCountsForTheDrainTimeout() throws InterruptedException {
    assertThat(drain.await(Duration.ofSeconds(4), () -> false)).isFalse();
    assertThat(timer.passed()).isEqualTo(Duration.ofSeconds(4));

    assertThat(awaitIdleAfter(TIMEOUT.plusNanos(1))).isFalse();
    assertThat(timer.passed()).isEqualTo(TIMEOUT);
  }

  /** A client agent waits for its last answers after the drain timeout. */
  @Test
  void waitAfterTheDrainTimeoutHasItsOwnLimit() throws InterruptedException {
    awaitIdleAfter(TIMEOUT.plusNanos(1));

    Duration later = TIMEOUT.plusMillis(500);
    assertThat(drain.await(Duration.ofSeconds(1), () -> timer.passed().compareTo(later) >= 0))
        .isTrue();
    assertThat(drain.await(Duration.ofSeconds(1), () -> false)).isFalse();
    assertThat(timer.passed()).isEqualTo(later.plusSeconds(1));
  }

  @Test
  void passedDrainTimeoutStillLetsAnIdleProcessFinish() throws InterruptedException {
    timer.sleep(TIMEOUT.multipliedBy(2));

    assertThat(drain.awaitIdle(() -> true, counted::incrementAndGet)).isTrue();
    assertThat(drain.awaitIdle(() -> false, counted::incrementAndGet)).isFalse();
    assertThat(timer.passed()).isEqualTo(TIMEOUT.multipliedBy(2));
  }

  /** Waits for a process that is idle this long after the start of the test. */
  private boolean awaitIdleAfter(Duration idleAfter) throws InterruptedException {
    return drain.awaitIdle(
        () -> timer.passed().compareTo(idleAfter) >= 0, counted::incrementAndGet);
  }
}
