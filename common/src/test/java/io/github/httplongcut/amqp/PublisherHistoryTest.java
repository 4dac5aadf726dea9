package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import io.github.httplongcut.session.Outcome;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Invariants of the publisher in random histories. A failure names its seed and all steps. */
class PublisherHistoryTest {

  private static final int SEEDS = 500;
  private static final int STEPS = 400;

  @Test
  @Timeout(value = 120, threadMode = SEPARATE_THREAD) // ends an endless loop, too
  void invariantsHoldInRandomHistories() {
    Set<String> reached = new TreeSet<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      PublisherHistory history = new PublisherHistory(seed);
      try {
        history.play(STEPS);
      } catch (AssertionError | RuntimeException e) {
        String log = String.join("\n", history.publisher().log());
        throw new AssertionError("seed " + seed + "\n" + log + "\n" + e.getMessage(), e);
      }
      reached.addAll(history.publisher().reached());
    }
    assertReached(reached);
  }

  /** The histories are worth little if they do not reach these. */
  private static void assertReached(Set<String> reached) {
    assertThat(reached).contains(names(Outcome.values())).contains(names(LinkWork.Type.values()));
    assertThat(reached)
        .contains(
            "a failed write",
            "a message given up",
            "a replacement",
            "a shared channel",
            "a tenant at its limit",
            "a write on a closed channel",
            "no channel: CONNECTION_IS_FULL",
            "no channel: FAILED",
            "no channel: USER_IS_AT_LIMIT",
            "written again after LOSS",
            "written again after NACK");
  }

  private static String[] names(Enum<?>[] values) {
    return Stream.of(values).map(Enum::name).toArray(String[]::new);
  }
}
