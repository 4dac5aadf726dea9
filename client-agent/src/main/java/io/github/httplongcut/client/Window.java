package io.github.httplongcut.client;

import java.time.Duration;

/** Measures consecutive intervals of {@link #LENGTH}, at whose ends a limit is adapted. */
final class Window {

  static final Duration LENGTH = Duration.ofMillis(100);

  private boolean begun;
  private long endsAt;

  /**
   * Begins the next window if the current one is over, or if there was none yet.
   *
   * @return whether a new window began
   */
  boolean endIfOver(long now) {
    if (begun && now - endsAt < 0) {
      return false;
    }
    begun = true;
    endsAt = now + LENGTH.toNanos();
    return true;
  }
}
