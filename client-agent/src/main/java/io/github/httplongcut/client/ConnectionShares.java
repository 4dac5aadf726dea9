package io.github.httplongcut.client;

import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.FairShares.Verdict;
import io.github.httplongcut.share.ShareRule;

/**
 * Open connections by their caller's share (protocol section 6). Thread-safe: one lock, held for a
 * few assignments.
 */
final class ConnectionShares {

  /** The caller without a share is one of the parties, so that what it holds counts. */
  private final FairShares<CallerAddress> shares;

  /**
   * @param maxConnections in all; the listener sees to it
   */
  ConnectionShares(int maxConnections, ShareRule rule) {
    shares = new FairShares<>(maxConnections, Long.MAX_VALUE, rule);
  }

  /**
   * Takes a place, unless the caller has its share. The listener accepts no more connections than
   * there may be in all; this class may hear of an end a moment later than the listener.
   */
  synchronized boolean acquire(CallerAddress caller, long now) {
    if (caller.hasShare() && shares.ask(caller, 0, now) == Verdict.OVER_SHARE_OF_PLACES) {
      return false;
    }
    shares.acquire(caller, 0);
    return true;
  }

  /** Gives up a place. */
  synchronized void release(CallerAddress caller) {
    shares.release(caller, 0);
  }

  /** Returns the number of open connections. */
  synchronized int connections() {
    return shares.placesHeld();
  }
}
