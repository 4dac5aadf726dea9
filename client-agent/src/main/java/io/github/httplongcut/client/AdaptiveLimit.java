package io.github.httplongcut.client;

import io.github.httplongcut.client.core.AckTimes;
import java.time.Duration;

/**
 * Limit on the requests that wait for a broker's ack, adapted to the ack delay: about as many as
 * the brokers ack within the target delay. A request that a broker has acked does not count, so a
 * slow upstream server does not lower the limit.
 *
 * <p>At the end of each {@link Window}:
 *
 * <ul>
 *   <li>If the shortest ack delay of the window is over the target, requests queue up on the way to
 *       the brokers. The limit becomes {@code waiting * target / delay} at once: by Little's law,
 *       the number of requests that the brokers ack within the target.
 *   <li>If it is within the target, the limit grows by a tenth.
 *   <li>If no broker acked anything, the limit stays.
 * </ul>
 *
 * <p>A few requests that one frozen broker holds say nothing about the other brokers. Therefore the
 * shortest delay counts, and an ack counts only if no request published later was acked before it.
 * Otherwise the acks that a broker sends when it runs again would lower the limit if no other ack
 * came in the same window.
 *
 * <p>When requests wait and none is acked for longer than the target, no broker is running. The
 * acks of requests that were published during such a silence are late because of it. They do not
 * count, so that the first broker that starts gets as many requests as it takes.
 *
 * <p>Gradients over the shortest or the average delay (Netflix's concurrency-limits) do not fit
 * here. Under load, batching makes the ack delay several times that of an idle relay, although the
 * relay is not overloaded.
 *
 * <p>{@link #limit} may be called on any thread, all other methods on the loop.
 */
final class AdaptiveLimit {

  /** Lowest limit: with fewer requests waiting, there would be too few acks to measure. */
  static final int MIN_LIMIT = 32;

  private static final long NONE = Long.MAX_VALUE;

  private final int max;
  private final long targetNanos;
  private final Window window = new Window();
  private volatile int limit;
  private boolean anyAcked;

  /** Publication time of the last published request among those acked. */
  private long latestAcked;

  private long shortestDelay = NONE;
  private boolean silent;
  private long silenceBegan;
  private boolean wasSilent;
  private long silenceEnded;

  /**
   * @param max initial and highest limit
   * @param target longest ack delay of a relay that is not overloaded
   */
  AdaptiveLimit(int max, Duration target) {
    this.max = max;
    this.targetNanos = target.toNanos();
    this.limit = max;
  }

  int limit() {
    return limit;
  }

  /**
   * Records the ack of a request, unless a request that was published after it is already acked.
   */
  void onAck(AckTimes times) {
    if (anyAcked && times.publishedAt() - latestAcked < 0) {
      return;
    }
    anyAcked = true;
    latestAcked = times.publishedAt();
    shortestDelay = Math.min(shortestDelay, times.delayNanos());
  }

  /**
   * Discards the delays measured in this window: they were caused by this process, which was
   * suspended or disconnected.
   */
  void discardDelays() {
    shortestDelay = NONE;
  }

  /**
   * Adapts the limit if a window has ended.
   *
   * @param waiting number of requests that wait for an ack
   */
  void onTick(int waiting, long now) {
    if (!window.endIfOver(now)) {
      return;
    }
    if (shortestDelay == NONE) { // no ack came: the requests' timeouts decide
      onWindowWithoutAck(waiting, now);
      return;
    }
    if (endedSilence(now) || wasPublishedInSilence(now)) {
      shortestDelay = NONE;
      return;
    }
    if (shortestDelay > targetNanos) {
      double ackedInTarget = waiting * ((double) targetNanos / shortestDelay);
      limit = Math.max(Math.min(MIN_LIMIT, max), (int) Math.min(limit, ackedInTarget));
    } else {
      limit = (int) Math.min(max, limit + Math.max(1L, limit / 10));
    }
    shortestDelay = NONE;
  }

  private void onWindowWithoutAck(int waiting, long now) {
    if (waiting == 0) {
      silent = false;
    } else if (!silent) {
      silent = true;
      silenceBegan = now;
    }
  }

  /** Returns whether the window that ends now is the first one with acks after a long silence. */
  private boolean endedSilence(long now) {
    boolean ended = silent && now - silenceBegan > targetNanos;
    silent = false;
    if (ended) {
      wasSilent = true;
      silenceEnded = now;
    }
    return ended;
  }

  /** Returns whether the request with the shortest delay was published before the silence ended. */
  private boolean wasPublishedInSilence(long now) {
    wasSilent = wasSilent && now - shortestDelay - silenceEnded < 0;
    return wasSilent;
  }
}
