package io.github.httplongcut.broker.core;

import java.util.Arrays;

/**
 * Counts of events by kind in a sliding window of time. The window is a ring of slots: the current
 * one, and the whole ones before it. Adding an event allocates nothing. Times are {@code nanoTime}.
 */
final class SlidingCounts {

  private final int kinds;
  private final int slots;
  private final long slotNanos;

  /** The counts of each slot, one slot after the other. */
  private final int[] counts;

  /** The counts of all slots together. */
  private final int[] totals;

  /** Index of the current slot in the ring. */
  private int slot;

  /** End of the current slot, if there are events. */
  private long slotEndsAt;

  private long sum;

  /**
   * Creates a window without events.
   *
   * @param kinds number of kinds of events
   * @param slots number of slots, the current one included
   */
  SlidingCounts(int kinds, int slots, long slotNanos) {
    this.kinds = kinds;
    this.slots = slots;
    this.slotNanos = slotNanos;
    this.counts = new int[kinds * slots];
    this.totals = new int[kinds];
  }

  /** Counts an event. */
  void add(int kind, long now) {
    if (sum == 0) {
      slotEndsAt = now - Math.floorMod(now, slotNanos) + slotNanos;
    } else {
      advance(now);
    }
    counts[slot * kinds + kind]++;
    totals[kind]++;
    sum++;
  }

  /** Returns the number of events of all kinds. */
  int sum(long now) {
    advance(now);
    return (int) Math.min(Integer.MAX_VALUE, sum);
  }

  /** Returns the counts by kind. The array belongs to the window. */
  int[] totals(long now) {
    advance(now);
    return totals;
  }

  /** Makes the slot of this time the current one, and forgets the slots that are too old. */
  private void advance(long now) {
    if (sum == 0 || now - slotEndsAt < 0) {
      return;
    }
    long steps = (now - slotEndsAt) / slotNanos + 1;
    slotEndsAt += steps * slotNanos;
    if (steps >= slots) {
      Arrays.fill(counts, 0);
      Arrays.fill(totals, 0);
      sum = 0;
      return;
    }
    for (long i = 0; i < steps; i++) {
      slot = (slot + 1) % slots;
      forget(slot * kinds);
    }
  }

  private void forget(int position) {
    for (int kind = 0; kind < kinds; kind++) {
      int count = counts[position + kind];
      if (count > 0) {
        counts[position + kind] = 0;
        totals[kind] -= count;
        sum -= count;
      }
    }
  }
}
