package io.github.httplongcut.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.FairShares.Verdict;
import io.github.httplongcut.share.ShareRule;

/**
 * Counts the open connections and limits each caller to its share of them (protocol section 6).
 * Thread-safe: one lock, held for a few assignments.
 */
final class ConnectionShares {

  /** {@link CallerAddress#UNSHARED} is one of the parties: its connections count in the total. */
  @GuardedBy("this")
  private final FairShares<CallerAddress> shares;

  /**
   * @param maxConnections in all; the listener enforces this limit
   */
  ConnectionShares(int maxConnections, ShareRule rule) {
    shares = new FairShares<>(maxConnections, Long.MAX_VALUE, rule);
  }

  /**
   * Counts one more connection and returns true, unless the caller already holds its share. The
   * total is not checked here: the listener enforces it, and a closed connection may be released
   * here a moment later than the listener counts it as closed.
   */
  synchronized boolean acquire(CallerAddress caller, long now) {
    if (caller.hasShare() && shares.ask(caller, 0, now) == Verdict.OVER_SHARE_OF_PLACES) {
      return false;
    }
    shares.acquire(caller, 0);
    return true;
  }

  /** Counts a connection as closed. */
  synchronized void release(CallerAddress caller) {
    shares.release(caller, 0);
  }

  /** Returns the number of open connections. */
  synchronized int connections() {
    return shares.placesHeld();
  }
}
