package io.github.httplongcut.cli.tap;

import java.time.Instant;

/**
 * Time at which the tap got an event.
 *
 * @param time time of day
 * @param nanos monotonic time, for durations
 */
record Moment(Instant time, long nanos) {

  static Moment now() {
    return new Moment(Instant.now(), System.nanoTime());
  }

  double millisecondsSince(Moment earlier) {
    return (nanos - earlier.nanos) / 1e6;
  }
}
