package io.github.httplongcut.broker.core;

import io.github.httplongcut.loop.FairClock;
import java.time.Duration;

/**
 * Counts the recent answers of one agent's upstream server, and the server errors (5xx) among them.
 * Covers the last one to two {@link #WINDOW}s. Times are those of the {@link FairClock}.
 */
final class RecentAnswers {

  static final Duration WINDOW = Duration.ofSeconds(10);

  /** Minimum number of answers for {@link #areMostlyErrors} to be true. */
  static final int MIN_ANSWERS = 10;

  private int answers;
  private int errors;
  private int answersBefore;
  private int errorsBefore;
  private long begunAt;

  RecentAnswers(long fairNow) {
    begunAt = fairNow;
  }

  void add(int statusCode, long fairNow) {
    forgetOld(fairNow);
    answers++;
    if (statusCode >= 500) {
      errors++;
    }
  }

  /** Forgets the answers that are older than the covered time. */
  void forgetOld(long fairNow) {
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

  /** Returns whether more than half of the answers are server errors. */
  boolean areMostlyErrors() {
    int all = answers + answersBefore;
    return all >= MIN_ANSWERS && 2 * (errors + errorsBefore) > all;
  }
}
