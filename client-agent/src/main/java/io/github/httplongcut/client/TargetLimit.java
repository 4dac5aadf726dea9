package io.github.httplongcut.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many requests for one upstream target may be under way at once: as many as were when brokers
 * last had no room for more. So what is too much costs no message to a broker and none back, and
 * whatever ends makes room for another one at once.
 *
 * <p>The limit falls with those that found no room, to what is left under way, unless they are next
 * to none of all that ended: one broker of several may have a full room, and others may fill it.
 * From where it starts it may fall far, since many are under way that no broker has seen yet; else
 * to half in a tenth of a second at the most, since answers come many at a time. While it does not
 * fall it grows each tenth of a second: by a tenth, then by twice as much each time. So a target
 * that stays busy is asked for little more than it takes, and a second or two after the overload
 * nothing is left of the limit.
 *
 * <p>{@link #acquire}, {@link #release}, {@link #underWay} and {@link #limit} may be called on any
 * thread, the rest on the loop.
 */
final class TargetLimit {

  /** It never goes below: others may have all the room now, and this is how to get some. */
  static final int LEAST = 32;

  private static final double SLOWEST_GROWTH = 0.1;
  private static final double FASTEST_GROWTH = 1;

  /** One in so many of those that end may find no room. */
  private static final int NEXT_TO_NONE = 20;

  private final int most;
  private final int least;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final Window window = new Window();
  private volatile int limit;
  private int endedBefore;
  private int noRoom;
  private boolean falling;
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

  /** Returns whether one more might enter now. */
  boolean hasRoom() {
    return underWay.get() < limit;
  }

  /** Whether one more may be under way; then it is. */
  boolean acquire() {
    if (underWay.get() >= limit) {
      return false;
    }
    underWay.incrementAndGet();
    return true;
  }

  /** One is over. */
  void release() {
    ended.incrementAndGet();
    underWay.decrementAndGet();
  }

  int underWay() {
    return underWay.get();
  }

  int limit() {
    return limit;
  }

  /** Whether it is below what it grows to. */
  boolean isGrowing() {
    return limit < most;
  }

  /** A broker had no room for one that has just left. */
  void onNoRoom() {
    noRoom++;
    if (noRoom * NEXT_TO_NONE <= endedBefore) {
      return;
    }
    int left = underWay.get();
    if (!falling) {
      falling = true;
      floor = limit == most ? least : Math.max(least, left / 2);
    }
    limit = Math.min(limit, Math.max(floor, left));
  }

  /** Follows what brokers say. */
  void onTick(long now) {
    if (!window.endIfOver(now)) {
      return;
    }
    if (falling) {
      growth = SLOWEST_GROWTH;
    } else if (limit < most) {
      limit = (int) Math.min(most, Math.ceil(limit * (1 + growth)));
      growth = Math.min(FASTEST_GROWTH, 2 * growth);
    }
    falling = false;
    noRoom = 0;
    endedBefore = ended.getAndSet(0);
  }
}
