package io.github.httplongcut.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many requests for one upstream target may be under way at once: as many as were when a broker
 * last said that it was busy. So what is too much costs no message to a broker and none back, and
 * whatever ends makes room for another one at once.
 *
 * <p>With every {@code upstream_busy} the limit falls to what is under way without that request.
 * The first time that may be far, since many are under way that no broker has seen yet; later by
 * half within a tenth of a second at the most, since answers come many at a time. While none comes
 * it grows each tenth of a second: by a tenth, then by twice as much each time. So a target that
 * stays busy is asked for little more than it takes, and a second or two after the overload nothing
 * is left of the limit.
 *
 * <p>{@link #enter}, {@link #leave} and {@link #limit} may be called on any thread, the rest on the
 * loop.
 */
final class TargetLimit {

  /** It never goes below: others may have all the room now, and this is how to get some. */
  static final int LEAST = 32;

  private static final double SLOWEST_GROWTH = 0.1;
  private static final double FASTEST_GROWTH = 1;

  private final int most;
  private final int least;
  private final AtomicInteger underWay = new AtomicInteger();
  private final Window window = new Window();
  private volatile int limit;
  private boolean busy;
  private int floor;
  private double growth = SLOWEST_GROWTH;

  /**
   * @param most where it starts, and the most that it grows to
   */
  TargetLimit(int most) {
    this.most = most;
    least = Math.min(LEAST, most);
    limit = most;
  }

  /** Whether one more may be under way; then it is. */
  boolean enter() {
    if (underWay.get() >= limit) {
      return false;
    }
    underWay.incrementAndGet();
    return true;
  }

  /** One is over. */
  void leave() {
    underWay.decrementAndGet();
  }

  int underWay() {
    return underWay.get();
  }

  int limit() {
    return limit;
  }

  /** A broker had no room for one that has just left. */
  void onBusy() {
    int left = underWay.get();
    if (!busy) {
      busy = true;
      floor = limit == most ? least : Math.max(least, left / 2);
    }
    limit = Math.min(limit, Math.max(floor, left));
  }

  /** Follows what brokers say. */
  void onTick(long now) {
    if (!window.isOver(now)) {
      return;
    }
    if (busy) {
      growth = SLOWEST_GROWTH;
    } else if (limit < most) {
      limit = (int) Math.min(most, Math.ceil(limit * (1 + growth)));
      growth = Math.min(FASTEST_GROWTH, 2 * growth);
    }
    busy = false;
  }
}
