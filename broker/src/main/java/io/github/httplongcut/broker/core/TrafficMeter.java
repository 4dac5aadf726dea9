package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.LatencyCounts;
import io.github.httplongcut.protocol.LatencyScale;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Requests for a target: the rates and times of the last 10 s, and the failures of the last 15
 * minutes. Counting allocates memory only for the first dispatched request and the first failure in
 * a while, since most targets are idle.
 */
final class TrafficMeter {

  /** Slots of the window of 10 s. */
  static final int RATE_SLOTS = 10;

  static final long RATE_SLOT_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int LATENCY_SLOTS = 5;
  private static final long LATENCY_SLOT_NANOS = Duration.ofSeconds(2).toNanos();
  private static final int FAILURE_SLOTS = 15;
  private static final long FAILURE_SLOT_NANOS = Duration.ofMinutes(1).toNanos();
  private static final List<Failure> FAILURES = List.of(Failure.values());

  private final SlidingCounts received = rate();
  private final SlidingCounts failed = rate();

  /** By bucket; null without a request in the window. */
  private SlidingCounts latency;

  /** By the index in {@link #FAILURES}; null without a failure in the window. */
  private SlidingCounts failures;

  /** Returns a window for a rate. */
  static SlidingCounts rate() {
    return new SlidingCounts(1, RATE_SLOTS, RATE_SLOT_NANOS);
  }

  /** Returns the time that the window of a rate covers at this time. */
  static long rateNanos(long now) {
    return (RATE_SLOTS - 1) * RATE_SLOT_NANOS + Math.floorMod(now, RATE_SLOT_NANOS);
  }

  /** Counts a request that was received. */
  void onRequest(long now) {
    received.add(0, now);
  }

  /**
   * Counts a request that has ended with an answer or an error. Its time counts only if an agent
   * got it: refusals at once would make a target look fast.
   */
  void onEnded(Ending ending, RequestSteps history) {
    long now = history.receivedAt() + history.nanos();
    if (ending.kind() == Ending.Kind.FAILED) {
      failed.add(0, now);
      if (failures == null) {
        failures = new SlidingCounts(FAILURES.size(), FAILURE_SLOTS, FAILURE_SLOT_NANOS);
      }
      failures.add(FAILURES.indexOf(ending.error().orElseThrow().failure()), now);
    }
    if (history.dispatches() > 0) {
      if (latency == null) {
        latency = new SlidingCounts(LatencyScale.BUCKETS, LATENCY_SLOTS, LATENCY_SLOT_NANOS);
      }
      latency.add(LatencyScale.bucketOf(history.nanos()), now);
    }
  }

  /** Returns the recent requests. Releases windows that are empty. */
  TrafficReport recent(long now) {
    if (latency != null && latency.sum(now) == 0) {
      latency = null;
    }
    LatencyCounts times =
        latency == null ? LatencyCounts.NONE : LatencyCounts.of(latency.totals(now));
    int requests = received.sum(now);
    int errors = failed.sum(now);
    return requests == 0 && errors == 0 && latency == null
        ? TrafficReport.NONE
        : new TrafficReport(requests, errors, times);
  }

  /** Returns the failures of the last 15 minutes by error code. */
  Map<String, Integer> failures(long now) {
    if (failures == null || failures.sum(now) == 0) {
      failures = null;
      return Map.of();
    }
    Map<String, Integer> byCode = new TreeMap<>();
    int[] totals = failures.totals(now);
    for (int i = 0; i < totals.length; i++) {
      if (totals[i] > 0) {
        byCode.put(FAILURES.get(i).code(), totals[i]);
      }
    }
    return byCode;
  }
}
