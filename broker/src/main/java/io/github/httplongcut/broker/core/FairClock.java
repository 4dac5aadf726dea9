package io.github.httplongcut.broker.core;

/**
 * Clock that pauses while this process cannot hear others: while it is suspended, disconnected from
 * RabbitMQ or blocked by it. Timeouts on other processes use it, so that these are not blamed for
 * the pause (docs/protocol.md section 4, rule 2).
 */
final class FairClock {

  private long excludedNanos;

  void exclude(long nanos) {
    excludedNanos += nanos;
  }

  long at(long now) {
    return now - excludedNanos;
  }
}
