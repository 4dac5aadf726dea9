package io.github.httplongcut.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.SessionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Times are made-up milliseconds. */
class FairTimeTest {

  private static final SessionState DISCONNECTED = new SessionState(false, false, false);
  private static final SessionState BLOCKED = new SessionState(true, true, true);
  private static final SessionState NOT_CONSUMING = new SessionState(true, false, false);

  private final List<String> calls = new ArrayList<>();
  private final RecordingSession session = new RecordingSession(calls);
  private final FairTime fairTime =
      new FairTime(Duration.ofSeconds(2), session, new RecordingTicker(), nanos(1_000));

  /** Records ticks as {@code tick <now> excludes <excluded>}. */
  private final class RecordingTicker implements RoleTicker {
    @Override
    public void onTick(long nowNanos, long excludedNanos) {
      calls.add("tick " + millis(nowNanos) + " excludes " + millis(excludedNanos));
    }

    @Override
    public long nanosToNextTick(long nowNanos) {
      return nowNanos + 1;
    }
  }

  @Test
  void healthyTimeIsNotExcluded() {
    tick(1_050);
    tick(1_549);

    assertThat(calls).containsExactly("tick 1050 excludes 0", "tick 1549 excludes 0");
  }

  @Test
  void timeOfASuspensionIsExcludedOnce() {
    tick(1_050);
    suspended(700);
    tick(1_800);
    tick(1_850);

    assertThat(calls)
        .containsExactly("tick 1050 excludes 0", "tick 1800 excludes 700", "tick 1850 excludes 0");
  }

  @Test
  void allTimeUntilATickIsExcludedIfTheSessionIsNotHealthyThen() {
    session.state(DISCONNECTED);
    tick(1_050);
    session.state(NOT_CONSUMING);
    tick(1_100);
    session.state(BLOCKED);
    tick(1_600);
    session.state(RecordingSession.HEALTHY);
    tick(1_650);

    assertThat(calls)
        .containsExactly(
            "tick 1050 excludes 50",
            "tick 1100 excludes 50",
            "tick 1600 excludes 500",
            "tick 1650 excludes 0");
  }

  /** The suspension is part of the time since the last tick. */
  @Test
  void suspensionWithoutAHealthySessionIsNotExcludedTwice() {
    tick(1_050);
    suspended(700);
    session.state(DISCONNECTED);
    tick(1_800);
    session.state(RecordingSession.HEALTHY);
    tick(1_850);

    assertThat(calls).contains("tick 1800 excludes 750", "tick 1850 excludes 0");
  }

  @Test
  void suspensionOverTheAckTimeoutReopensTheConsumingChannelBeforeTheTick() {
    suspended(2_001);
    tick(3_051);

    assertThat(calls)
        .containsExactly(
            "reopen: the process was suspended for 2001 ms", "tick 3051 excludes 2001");
  }

  @Test
  void suspensionOfTheAckTimeoutDoesNotReopenTheConsumingChannel() {
    suspended(2_000);

    assertThat(calls).isEmpty();
  }

  @Test
  void theRoleSaysWhenToTickNext() {
    assertThat(fairTime.nanosToNextTick(41)).isEqualTo(42);
  }

  private void tick(long millis) {
    fairTime.onTick(nanos(millis));
  }

  private void suspended(long millis) {
    fairTime.onSuspended(nanos(millis));
  }

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
