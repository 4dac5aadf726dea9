package io.github.httplongcut.admin;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times on the admin pages, in UTC. */
public final class PageTime {

  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter DATE_TIME_IN_SENTENCE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private PageTime() {}

  /** Returns date and time with milliseconds: {@code 2026-11-29T18:00:00.123Z}. */
  public static String format(Instant time) {
    return DATE_TIME.format(time);
  }

  /** Returns date and time, for a sentence that may be read days later. */
  public static String inSentence(Instant time) {
    return DATE_TIME_IN_SENTENCE.format(time);
  }

  /**
   * Returns a time for a sentence that is read now: {@code 18:00:00Z}, and on another day {@code
   * 2026-11-29 18:00:00Z}.
   */
  public static String inSentence(Instant time, Instant now) {
    boolean today = dateOf(time).equals(dateOf(now));
    return today ? TIME.format(time) : inSentence(time);
  }

  private static LocalDate dateOf(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC);
  }
}
