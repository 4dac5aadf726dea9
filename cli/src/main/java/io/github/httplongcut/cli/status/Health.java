package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.httplongcut.cli.output.Paint;
import java.util.Locale;

/** Judgement of a row. */
enum Health {
  /** Works, or waits for nothing. */
  WELL(Paint.PLAIN),
  /** Worth a look, but expected at times: an agent that is draining. */
  NOTE(Paint.WARNING),
  /** Needs somebody. The command ends with a failure. */
  PROBLEM(Paint.BAD);

  private final Paint paint;

  Health(Paint paint) {
    this.paint = paint;
  }

  Paint paint() {
    return paint;
  }

  /** Returns the word in JSON: {@code problem}. */
  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  Health worse(Health other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
