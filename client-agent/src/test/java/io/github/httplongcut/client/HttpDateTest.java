package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class HttpDateTest {

  private final AtomicReference<Instant> time = new AtomicReference<>();
  private final HttpDate date = new HttpDate(time::get);

  /** The example of RFC 9110 section 5.6.7. */
  @Test
  void theFormatIsThatOfHttp() {
    time.set(Instant.parse("1994-11-06T08:49:37.999Z"));

    assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
  }

  @Test
  void theDateIsFormattedOnceASecond() {
    time.set(Instant.parse("2025-09-01T00:00:00Z"));
    String first = date.now();
    time.set(Instant.parse("2025-09-01T00:00:00.999Z"));

    assertThat(date.now()).isSameAs(first);
  }

  @Test
  void theDateFollowsTheClock() {
    time.set(Instant.parse("2025-12-31T23:59:59Z"));
    date.now();
    time.set(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(date.now()).isEqualTo("Thu, 01 Jan 2026 00:00:00 GMT");
    time.set(Instant.parse("2025-12-31T23:59:58Z")); // the clock was set back

    assertThat(date.now()).isEqualTo("Wed, 31 Dec 2025 23:59:58 GMT");
  }
}
