package io.github.httplongcut.client;

import java.time.Duration;

/**
 * How many requests may wait for a broker's ack at once: about as many as the relay acks within the
 * target. A request that a broker has acked does not count, so upstream servers may be as slow as
 * they like.
 *
 * <p>When not one ack of a window came within the target, requests queue up somewhere on the way to
 * the brokers, and by Little's law what waits, times target over delay, is what the relay can ack
 * in the target: that is the new limit, at once. While they come in time it grows by a tenth each
 * window. The shortest delay counts: a few requests that a frozen broker holds say nothing of the
 * way to the others.
 *
 * <p>When requests wait and not one is acked for longer than the target, there is no broker:
 * nothing is measured then. The acks of requests published in such a silence come late because of
 * it, so they do not count: the first broker that comes finds the door open.
 *
 * <p>Gradients over the shortest or the average delay (Netflix's concurrency-limits) do not fit
 * here: batches make a healthy relay's delay under load several times that of an idle one, without
 * its being overloaded.
 *
 * <p>{@link #limit} may be asked from any thread, the rest belongs to the loop's.
 */
final class AdaptiveLimit {

  /** It never goes below: with fewer at once, nothing could be measured. */
  static final int LEAST = 32;

  private static final long NONE = Long.MAX_VALUE;

  private final int most;
  private final long targetNanos;
  private final Window window = new Window();
  private volatile int limit;
  private long shortest = NONE;
  private boolean silent;
  private long silentSince;
  private boolean wasSilent;
  private long silenceEnded;

  /**
   * @param most where it starts, and the most that it grows to
   * @param target what an ack may take
   */
  AdaptiveLimit(int most, Duration target) {
    this.most = most;
    this.targetNanos = target.toNanos();
    this.limit = most;
  }

  int limit() {
    return limit;
  }

  /** A broker has acked a request, so long after it was published. */
  void onAck(long delayNanos) {
    shortest = Math.min(shortest, delayNanos);
  }

  /** What the acks of late say is no measure: this process stood still, or was cut off. */
  void disregard() {
    shortest = NONE;
  }

  /**
   * Ends the window when its time has come.
   *
   * @param waiting requests that wait for an ack
   */
  void onTick(int waiting, long now) {
    if (!window.endIfOver(now)) {
      return;
    }
    if (shortest == NONE) { // nothing was acked: the timeouts decide on what waits
      noAck(waiting, now);
      return;
    }
    if (endedSilence(now) || wasPublishedInSilence(now)) {
      shortest = NONE;
      return;
    }
    if (shortest > targetNanos) {
      double carried = waiting * ((double) targetNanos / shortest);
      limit = Math.max(Math.min(LEAST, most), (int) Math.min(limit, carried));
    } else {
      limit = (int) Math.min(most, limit + Math.max(1L, limit / 10));
    }
    shortest = NONE;
  }

  private void noAck(int waiting, long now) {
    if (waiting == 0) {
      silent = false;
    } else if (!silent) {
      silent = true;
      silentSince = now;
    }
  }

  /** Returns whether the window that ends now is the first one with acks after a long silence. */
  private boolean endedSilence(long now) {
    boolean ended = silent && now - silentSince > targetNanos;
    silent = false;
    if (ended) {
      wasSilent = true;
      silenceEnded = now;
    }
    return ended;
  }

  /** Returns whether even the request that waited least was published before the silence ended. */
  private boolean wasPublishedInSilence(long now) {
    wasSilent = wasSilent && now - shortest - silenceEnded < 0;
    return wasSilent;
  }
}
