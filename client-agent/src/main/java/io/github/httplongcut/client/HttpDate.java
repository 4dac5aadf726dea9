package io.github.httplongcut.client;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Formats the current time for {@code Date} fields (RFC 9110 section 5.6.7), at most once a second.
 * Thread-safe.
 */
final class HttpDate {

  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private record Formatted(long second, String text) {}

  private final InstantSource clock;
  private volatile Formatted last = new Formatted(Long.MIN_VALUE, "");

  HttpDate(InstantSource clock) {
    this.clock = clock;
  }

  /** Returns the current time, to the second. */
  String now() {
    Instant now = clock.instant();
    Formatted formatted = last;
    if (formatted.second != now.getEpochSecond()) {
      formatted = new Formatted(now.getEpochSecond(), IMF_FIXDATE.format(now));
      last = formatted;
    }
    return formatted.text;
  }
}
