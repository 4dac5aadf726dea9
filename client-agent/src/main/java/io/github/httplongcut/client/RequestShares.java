package io.github.httplongcut.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.FairShares.Verdict;
import io.github.httplongcut.share.ShareRule;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts the requests in flight and the bytes that they hold, in all and by shares (protocol
 * section 6). Until its answer is written, each request counts for
 *
 * <ol>
 *   <li>its caller, from its head on;
 *   <li>its upstream target, from its last byte on, if there is more than one target.
 * </ol>
 *
 * <p>A caller that takes a target's whole share would keep the target's other callers out.
 * Therefore a target at its share still takes some more requests, from callers that hold fewer than
 * {@link ShareRule#always}; the number of these requests is limited to {@code always}, too.
 *
 * <p>Thread-safe: one lock, held for a few assignments.
 */
final class RequestShares {

  /** Decision on a request, with the limit or share that it exceeds. */
  enum Decision {
    FITS,
    ROOM_FULL,
    OVER_CALLERS_REQUESTS,
    OVER_CALLERS_BYTES,
    OVER_TARGETS_REQUESTS,
    OVER_TARGETS_BYTES
  }

  private final int maxRequests;
  private final long maxBytes;
  private final Set<String> upstreamTargets;

  /** {@link CallerAddress#UNSHARED} is one of the parties: its requests count in the totals. */
  @GuardedBy("this")
  private final FairShares<CallerAddress> callers;

  @GuardedBy("this")
  private final FairShares<String> targets;

  /** Number of requests that each target holds beyond its share. */
  @GuardedBy("this")
  private final Map<String, Integer> overShare = new HashMap<>();

  private final ShareRule rule;

  /**
   * @param upstreamTargets all targets that requests may have
   */
  RequestShares(int maxRequests, long maxBytes, ShareRule rule, Set<String> upstreamTargets) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
    this.rule = rule;
    this.upstreamTargets = Set.copyOf(upstreamTargets);
    this.callers = new FairShares<>(maxRequests, maxBytes, rule);
    this.targets = new FairShares<>(maxRequests, maxBytes, rule);
  }

  int maxRequests() {
    return maxRequests;
  }

  Set<String> upstreamTargets() {
    return upstreamTargets;
  }

  /** Returns the number of requests in flight. */
  synchronized int requests() {
    return callers.placesHeld();
  }

  /** Returns the number of bytes that the requests in flight hold. */
  synchronized long bytes() {
    return callers.bytesHeld();
  }

  /** Returns the holding of a new request, which is empty. */
  Holding holding(String upstreamTarget, CallerAddress caller) {
    return new Holding(upstreamTarget, caller);
  }

  @GuardedBy("this")
  private Decision askForCaller(CallerAddress caller, long size, long now) {
    if (caller.hasShare()) {
      return decisionOf(
          callers.ask(caller, size, now),
          Decision.OVER_CALLERS_REQUESTS,
          Decision.OVER_CALLERS_BYTES);
    }
    return callers.placesHeld() < maxRequests ? askInAll(size) : Decision.ROOM_FULL;
  }

  @GuardedBy("this")
  private Decision askInAll(long moreBytes) {
    return moreBytes <= maxBytes - callers.bytesHeld() ? Decision.FITS : Decision.ROOM_FULL;
  }

  @GuardedBy("this")
  private Decision askForTarget(String upstreamTarget, long size, long now) {
    if (upstreamTargets.size() == 1) { // no other target needs a reserve
      return Decision.FITS;
    }
    return decisionOf(
        targets.ask(upstreamTarget, size, now),
        Decision.OVER_TARGETS_REQUESTS,
        Decision.OVER_TARGETS_BYTES);
  }

  private static boolean isOverTarget(Decision decision) {
    return decision == Decision.OVER_TARGETS_REQUESTS || decision == Decision.OVER_TARGETS_BYTES;
  }

  private static Decision decisionOf(Verdict verdict, Decision overPlaces, Decision overBytes) {
    return switch (verdict) {
      case FITS -> Decision.FITS;
      case ROOM_FULL -> Decision.ROOM_FULL;
      case OVER_SHARE_OF_PLACES -> overPlaces;
      case OVER_SHARE_OF_BYTES -> overBytes;
    };
  }

  /** The place and the bytes that one request takes up within the limits. Thread-safe. */
  final class Holding {

    private final String upstreamTarget;
    private final CallerAddress caller;

    @GuardedBy("RequestShares.this")
    private long bytes;

    @GuardedBy("RequestShares.this")
    private boolean countsForCaller;

    @GuardedBy("RequestShares.this")
    private boolean countsForTarget;

    @GuardedBy("RequestShares.this")
    private boolean overTargetsShare;

    private Holding(String upstreamTarget, CallerAddress caller) {
      this.upstreamTarget = upstreamTarget;
      this.caller = caller;
    }

    String upstreamTarget() {
      return upstreamTarget;
    }

    CallerAddress caller() {
      return caller;
    }

    /**
     * Takes a place and {@code size} bytes, if they fit. A request for a target that is over its
     * share is refused now, before its content is read.
     */
    Decision acquire(long size, long now) {
      synchronized (RequestShares.this) {
        Decision decision = askForCaller(caller, size, now);
        if (decision == Decision.FITS) {
          decision = askForTarget(upstreamTarget, size, now);
          if (isOverTarget(decision) && mayExceed(callers.placesOf(caller) + 1)) {
            decision = Decision.FITS;
          }
        }
        if (decision == Decision.FITS) {
          callers.acquire(caller, size);
          bytes = size;
          countsForCaller = true;
        }
        return decision;
      }
    }

    /**
     * Counts the request, which is complete now, for its target, if the target's share allows it. A
     * full room is no reason against it: the request holds its place and bytes already, even if the
     * answers of other requests have exceeded the limit since.
     */
    Decision acquireTarget(long now) {
      synchronized (RequestShares.this) {
        Decision decision = askForTarget(upstreamTarget, bytes, now);
        if (decision == Decision.ROOM_FULL) {
          decision = Decision.FITS;
        }
        if (isOverTarget(decision) && mayExceed(callers.placesOf(caller))) {
          decision = Decision.FITS;
          overTargetsShare = countsForCaller;
        }
        if (decision == Decision.FITS && countsForCaller) {
          targets.acquire(upstreamTarget, bytes);
          countsForTarget = true;
        }
        if (overTargetsShare) {
          overShare.merge(upstreamTarget, 1, Integer::sum);
        }
        return decision;
      }
    }

    @GuardedBy("RequestShares.this")
    private boolean mayExceed(int placesOfCaller) {
      return caller.hasShare()
          && placesOfCaller <= rule.always()
          && overShare.getOrDefault(upstreamTarget, 0) < rule.always();
    }

    /** Takes {@code more} bytes, if they fit. */
    Decision grow(long more, long now) {
      synchronized (RequestShares.this) {
        Decision decision =
            caller.hasShare()
                ? decisionOf(
                    callers.askForBytes(caller, more, now),
                    Decision.ROOM_FULL,
                    Decision.OVER_CALLERS_BYTES)
                : askInAll(more);
        if (decision == Decision.FITS) {
          resize(more);
        }
        return decision;
      }
    }

    /** Holds {@code size} bytes instead of those that it held, even if they do not fit. */
    void replaceBytes(long size) {
      synchronized (RequestShares.this) {
        resize(size - bytes);
      }
    }

    @GuardedBy("RequestShares.this")
    private void resize(long more) {
      if (countsForCaller) {
        bytes += more;
        callers.resize(caller, more);
        if (countsForTarget) {
          targets.resize(upstreamTarget, more);
        }
      }
    }

    /** Releases everything. Further calls have no effect. */
    void release() {
      synchronized (RequestShares.this) {
        if (countsForTarget) {
          targets.release(upstreamTarget, bytes);
          countsForTarget = false;
          if (overTargetsShare) {
            overShare.merge(upstreamTarget, -1, Integer::sum);
          }
        }
        if (countsForCaller) {
          callers.release(caller, bytes);
          countsForCaller = false;
        }
      }
    }
  }
}
