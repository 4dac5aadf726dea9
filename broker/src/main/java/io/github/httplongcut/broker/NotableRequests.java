package io.github.httplongcut.broker;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.UUID;

/**
 * Requests that somebody will ask for: the last {@value #MAX_FAILED} that failed, and of the others
 * the {@value #SLOW_PER_MINUTE} slowest of each of the last {@value #MINUTES} minutes with traffic.
 * A slow minute therefore does not push out the slow requests of other minutes. A lost request is
 * dropped when it ends once more. Not thread-safe.
 */
final class NotableRequests {

  static final int MAX_FAILED = 500;
  static final int SLOW_PER_MINUTE = 20;
  static final int MINUTES = 25;

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final Comparator<RememberedRequest> FASTEST_FIRST =
      Comparator.comparingLong(RememberedRequest::nanos);

  private final Deque<RememberedRequest> failed = new ArrayDeque<>();

  /** Ids of the requests in {@link #failed} that were lost. */
  private final Set<UUID> lost = new HashSet<>();

  private final Deque<List<RememberedRequest>> pastMinutes = new ArrayDeque<>();
  private final PriorityQueue<RememberedRequest> slow = new PriorityQueue<>(FASTEST_FIRST);
  private long minute;

  /** Adds a request that is over, if it is notable so far; returns whether it is. */
  boolean add(RememberedRequest request) {
    dropLost(request.clientReqId());
    if (request.isFailed()) {
      addFailed(request);
      return true;
    }
    endMinute(Math.floorDiv(request.endedAt(), MINUTE));
    if (slow.size() < SLOW_PER_MINUTE) {
      return slow.add(request);
    }
    if (request.nanos() > slow.element().nanos()) {
      slow.remove();
      return slow.add(request);
    }
    return false;
  }

  /** Drops the account of a request that was lost, if there is one. */
  private void dropLost(UUID id) {
    if (lost.remove(id)) {
      failed.removeIf(each -> each.isLost() && each.clientReqId().equals(id));
    }
  }

  private void addFailed(RememberedRequest request) {
    if (request.isLost()) {
      lost.add(request.clientReqId());
    }
    failed.add(request);
    if (failed.size() > MAX_FAILED) {
      RememberedRequest oldest = failed.remove();
      if (oldest.isLost()) {
        lost.remove(oldest.clientReqId());
      }
    }
  }

  private void endMinute(long now) {
    if (now != minute) {
      minute = now;
      if (!slow.isEmpty()) {
        pastMinutes.add(List.copyOf(slow));
        slow.clear();
      }
      if (pastMinutes.size() >= MINUTES) {
        pastMinutes.remove();
      }
    }
  }

  /** Returns the requests in no order. */
  List<RememberedRequest> all() {
    List<RememberedRequest> all = new ArrayList<>(failed);
    pastMinutes.forEach(all::addAll);
    all.addAll(slow);
    return all;
  }
}
