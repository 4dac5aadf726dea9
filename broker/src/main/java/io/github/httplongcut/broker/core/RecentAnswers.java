package io.github.httplongcut.broker.core;

import java.time.Duration;

/**
 * Counts the answers of one agent's upstream server, and the server errors (5xx) among them, over
 * the last {@link #WINDOW} to twice that. Times are of the fair clock.
 */
final class RecentAnswers {

  static final Duration WINDOW = Duration.ofSeconds(10);

  /** Fewer answers than these say nothing. */
  static final int FEWEST = 10;

  private int answers;
  private int errors;
  private int answersBefore;
  private int errorsBefore;
  private long begunAt;

  RecentAnswers(long fairNow) {
    begunAt = fairNow;
  }

  /** Counts an answer. */
  void add(int statusCode, long fairNow) {
    onTime(fairNow);
    answers++;
    if (statusCode >= 500) {
      errors++;
    }
  }

  /** Forgets answers that are too old. */
  void onTime(long fairNow) {
    long windows = (fairNow - begunAt) / WINDOW.toNanos();
    if (windows < 1) {
      return;
    }
    answersBefore = windows == 1 ? answers : 0;
    errorsBefore = windows == 1 ? errors : 0;
    answers = 0;
    errors = 0;
    begunAt = fairNow;
  }

  /** Returns whether most of them are server errors. */
  boolean areMostlyErrors() {
    int all = answers + answersBefore;
    return all >= FEWEST && 2 * (errors + errorsBefore) > all;
  }
}
