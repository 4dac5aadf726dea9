package io.github.httplongcut.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Limit on the requests in flight for one upstream target, adapted to the {@code upstream_busy}
 * errors of brokers. A request over the limit is refused here, which saves a message to a broker
 * and its error back. When a request ends, the next one is admitted at once.
 *
 * <ul>
 *   <li>When brokers refuse requests as {@code upstream_busy}, the limit falls to the number of
 *       requests that remain in flight.
 *   <li>The limit stays while brokers refuse at most one in {@value #ENDED_PER_BUSY} of the
 *       requests that end: perhaps only one of several brokers has a full waiting room, or other
 *       client agents have filled it.
 *   <li>Within one {@link Window} the limit does not fall below half of the requests that were in
 *       flight when it first fell, because many such errors arrive at once.
 *   <li>From its highest value the limit may fall to {@link #MIN_LIMIT} at once, because many
 *       requests are then in flight that no broker has seen yet.
 *   <li>After each window in which it did not fall, the limit grows: by 10 %, then by 20, 40, 80
 *       and finally 100 %.
 * </ul>
 *
 * <p>So a target that stays busy gets only a few more requests than it can take, and a second or
 * two after an overload the limit is back at its highest value.
 *
 * <p>{@link #acquire}, {@link #release}, {@link #inFlight} and {@link #limit} may be called on any
 * thread, all other methods on the loop.
 */
final class TargetLimit {

  /**
   * Lowest limit. Other client agents may fill the brokers' waiting rooms; this client agent must
   * still send requests to get its part of them.
   */
  static final int MIN_LIMIT = 32;

  private static final double SLOWEST_GROWTH = 0.1;
  private static final double FASTEST_GROWTH = 1;

  /** Number of ended requests among which one {@code upstream_busy} does not lower the limit. */
  private static final int ENDED_PER_BUSY = 20;

  private final int max;
  private final int min;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger endedInWindow = new AtomicInteger();
  private final Window window = new Window();
  private volatile int limit;
  private int endedInLastWindow;
  private int busyRefusals;
  private boolean fellInWindow;
  private int floor;
  private double growth = SLOWEST_GROWTH;

  /**
   * @param max initial and highest limit
   */
  TargetLimit(int max) {
    this.max = max;
    min = Math.min(MIN_LIMIT, max);
    limit = max;
  }

  /** Returns whether {@link #acquire} would succeed now. */
  boolean hasRoom() {
    return inFlight.get() < limit;
  }

  /** Counts one more request as in flight and returns true, unless the limit is reached. */
  boolean acquire() {
    if (inFlight.get() >= limit) {
      return false;
    }
    inFlight.incrementAndGet();
    return true;
  }

  /** Counts a request as ended. */
  void release() {
    endedInWindow.incrementAndGet();
    inFlight.decrementAndGet();
  }

  int inFlight() {
    return inFlight.get();
  }

  int limit() {
    return limit;
  }

  /** Returns whether the limit is below its highest value. */
  boolean isGrowing() {
    return limit < max;
  }

  /** A broker refused a request as {@code upstream_busy}; the request is already released. */
  void onUpstreamBusy() {
    busyRefusals++;
    if (busyRefusals * ENDED_PER_BUSY <= endedInLastWindow) {
      return;
    }
    int remaining = inFlight.get();
    if (!fellInWindow) {
      fellInWindow = true;
      floor = limit == max ? min : Math.max(min, remaining / 2);
    }
    limit = Math.min(limit, Math.max(floor, remaining));
  }

  /** Adapts the limit if a window has ended. */
  void onTick(long now) {
    if (!window.endIfOver(now)) {
      return;
    }
    if (fellInWindow) {
      growth = SLOWEST_GROWTH;
    } else if (limit < max) {
      limit = (int) Math.min(max, Math.ceil(limit * (1 + growth)));
      growth = Math.min(FASTEST_GROWTH, 2 * growth);
    }
    fellInWindow = false;
    busyRefusals = 0;
    endedInLastWindow = endedInWindow.getAndSet(0);
  }
}
