package io.github.httplongcut.client;

import java.time.Duration;

/** Tenths of a second, one after the other: limits follow what happened in the last one. */
final class Window {

  static final Duration LENGTH = Duration.ofMillis(100);

  private boolean begun;
  private long ends;

  /** Ends the one that is over at {@code now}, if one is; the next begins then. */
  boolean endIfOver(long now) {
    if (begun && now - ends < 0) {
      return false;
    }
    begun = true;
    ends = now + LENGTH.toNanos();
    return true;
  }
}
