package io.github.httplongcut.client;

import java.time.Duration;

/** Tenths of a second, one after the other: limits follow what happened in the last one. */
final class Window {

  static final Duration LENGTH = Duration.ofMillis(100);

  private boolean begun;
  private long ends;

  /** Whether one is over at {@code now}; the next begins then. The first begins at once. */
  boolean isOver(long now) {
    if (begun && now - ends < 0) {
      return false;
    }
    begun = true;
    ends = now + LENGTH.toNanos();
    return true;
  }
}
