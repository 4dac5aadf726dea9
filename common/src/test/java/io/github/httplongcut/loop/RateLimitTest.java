package io.github.httplongcut.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private static final long SECOND = 1_000_000_000L;

  private final RateLimit limit = new RateLimit(Duration.ofSeconds(1));

  @Test
  void oneEventInEachIntervalIsAllowedAndTheOthersAreCounted() {
    long now = Long.MAX_VALUE - SECOND / 2; // the clock may wrap

    assertThat(limit.allows(now)).isTrue();
    assertThat(limit.allows(now + 1)).isFalse();
    assertThat(limit.allows(now + SECOND - 1)).isFalse();
    assertThat(limit.allows(now + SECOND)).isTrue();
    assertThat(limit.takeSuppressed()).isEqualTo(2);
    assertThat(limit.takeSuppressed()).isZero();
  }
}
