package io.github.httplongcut.broker.core;

/**
 * Time in which this process could hear others: it stands still while the process stood still, was
 * disconnected or blocked, which is no fault of theirs (docs/protocol.md section 4, rule 2).
 */
final class FairClock {

  private long excused;

  void excuse(long nanos) {
    excused += nanos;
  }

  long at(long now) {
    return now - excused;
  }
}
