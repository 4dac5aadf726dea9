package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class PageTimeTest {

  private static final Instant TIME = Instant.parse("2026-11-26T23:59:11.9Z");

  @Test
  void sentencesHaveTheDateOnlyOnAnotherDay() {
    assertThat(PageTime.inSentence(TIME, Instant.parse("2026-11-26T23:59:59.9Z")))
        .isEqualTo("23:59:11Z");
    assertThat(PageTime.inSentence(TIME, Instant.parse("2026-11-27T00:00:00Z")))
        .isEqualTo("2026-11-26 23:59:11Z");
    assertThat(PageTime.inSentence(TIME)).isEqualTo("2026-11-26 23:59:11Z");
  }
}
