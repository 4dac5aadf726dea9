package io.github.httplongcut.admin;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times on the admin pages, in UTC. */
public final class PageTime {

  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private PageTime() {}

  /** Returns date and time with milliseconds: {@code 2026-11-29T18:00:00.123Z}. */
  public static String format(Instant time) {
    return DATE_TIME.format(time);
  }

  /** Returns the time of the day, for sentences: {@code 18:00:00Z}. */
  public static String timeOfDay(Instant time) {
    return TIME.format(time);
  }
}
