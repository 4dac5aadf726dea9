package io.github.httplongcut.broker.core;

import java.util.EnumMap;
import java.util.Map;

/** Counters of the router since its start. */
final class RouterCounters {

  private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
  private final Map<DispatchFailure, Long> failures = new EnumMap<>(DispatchFailure.class);
  private long received;
  private long dispatches;
  private long responses;
  private long forwarded;

  /** Counts a request, and returns its number in the order of reception, from 1. */
  long countReceived() {
    return ++received;
  }

  void countDispatch() {
    dispatches++;
  }

  void countResponse() {
    responses++;
  }

  void countForwarded() {
    forwarded++;
  }

  void countDrop(DropReason why) {
    drops.merge(why, 1L, Long::sum);
  }

  void countFailure(DispatchFailure why) {
    failures.merge(why, 1L, Long::sum);
  }

  RouterStats.Totals totals() {
    return new RouterStats.Totals(
        received, dispatches, responses, forwarded, Map.copyOf(drops), Map.copyOf(failures));
  }
}
