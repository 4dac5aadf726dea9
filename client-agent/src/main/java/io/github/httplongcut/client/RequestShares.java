package io.github.httplongcut.client;

import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.FairShares.Verdict;
import io.github.httplongcut.share.ShareRule;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Requests under way and the bytes that they hold, in all and by shares (protocol section 6). Each
 * request counts for
 *
 * <ol>
 *   <li>its caller from its head on;
 *   <li>its upstream target once it is whole, if there is more than one target to share with.
 * </ol>
 *
 * <p>It counts until its answer is written. A caller who takes a target's whole share would keep
 * the target's other callers out, so a target over its share still takes {@link ShareRule#always}
 * requests of callers with fewer than that.
 *
 * <p>Thread-safe: one lock, held for a few assignments.
 */
final class RequestShares {

  /** Answer to a request that asks for room. */
  enum Answer {
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

  /** The caller without a share is one of the parties, so that what it holds counts. */
  private final FairShares<CallerAddress> callers;

  private final FairShares<String> targets;

  /** Requests that each target took over its share. */
  private final Map<String, Integer> overShare = new HashMap<>();

  private final ShareRule rule;

  /**
   * @param upstreamTargets that requests may be for
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

  /** Returns the number of requests under way. */
  synchronized int requests() {
    return callers.placesHeld();
  }

  /** Returns the number of bytes that they hold. */
  synchronized long bytes() {
    return callers.bytesHeld();
  }

  /** Returns what a request holds, which is nothing yet. */
  Holding holding(String upstreamTarget, CallerAddress caller) {
    return new Holding(upstreamTarget, caller);
  }

  private Answer askForCaller(CallerAddress caller, long size, long now) {
    if (caller.hasShare()) {
      return answerOf(
          callers.ask(caller, size, now), Answer.OVER_CALLERS_REQUESTS, Answer.OVER_CALLERS_BYTES);
    }
    return callers.placesHeld() < maxRequests ? askInAll(size) : Answer.ROOM_FULL;
  }

  private Answer askInAll(long moreBytes) {
    return moreBytes <= maxBytes - callers.bytesHeld() ? Answer.FITS : Answer.ROOM_FULL;
  }

  private Answer askForTarget(String upstreamTarget, long size, long now) {
    if (upstreamTargets.size() == 1) { // a reserve would be for nobody
      return Answer.FITS;
    }
    return answerOf(
        targets.ask(upstreamTarget, size, now),
        Answer.OVER_TARGETS_REQUESTS,
        Answer.OVER_TARGETS_BYTES);
  }

  private static boolean isOverTarget(Answer answer) {
    return answer == Answer.OVER_TARGETS_REQUESTS || answer == Answer.OVER_TARGETS_BYTES;
  }

  private static Answer answerOf(Verdict verdict, Answer overPlaces, Answer overBytes) {
    return switch (verdict) {
      case FITS -> Answer.FITS;
      case ROOM_FULL -> Answer.ROOM_FULL;
      case OVER_SHARE_OF_PLACES -> overPlaces;
      case OVER_SHARE_OF_BYTES -> overBytes;
    };
  }

  /** Part of the room that one request holds. Thread-safe. */
  final class Holding {

    private final String upstreamTarget;
    private final CallerAddress caller;
    private long bytes;
    private boolean ofCaller;
    private boolean ofTarget;
    private boolean exceeds;

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
     * Takes a place and so many bytes, if they fit. A request that its target will have no room for
     * is refused now, before its content is read.
     */
    Answer acquire(long size, long now) {
      synchronized (RequestShares.this) {
        Answer answer = askForCaller(caller, size, now);
        if (answer == Answer.FITS) {
          answer = askForTarget(upstreamTarget, size, now);
          if (isOverTarget(answer) && mayExceed(callers.placesOf(caller) + 1)) {
            answer = Answer.FITS;
          }
        }
        if (answer == Answer.FITS) {
          callers.acquire(caller, size);
          bytes = size;
          ofCaller = true;
        }
        return answer;
      }
    }

    /**
     * Takes a place of its target, if it fits: the request is whole. A full room is no reason
     * against it, since the request holds its part already, and others' answers may have filled the
     * room.
     */
    Answer enterTarget(long now) {
      synchronized (RequestShares.this) {
        Answer answer = askForTarget(upstreamTarget, bytes, now);
        if (answer == Answer.ROOM_FULL) {
          answer = Answer.FITS;
        }
        if (isOverTarget(answer) && mayExceed(callers.placesOf(caller))) {
          answer = Answer.FITS;
          exceeds = ofCaller;
        }
        if (answer == Answer.FITS && ofCaller) {
          targets.acquire(upstreamTarget, bytes);
          ofTarget = true;
        }
        if (exceeds) {
          overShare.merge(upstreamTarget, 1, Integer::sum);
        }
        return answer;
      }
    }

    private boolean mayExceed(int ofCaller) {
      return caller.hasShare()
          && ofCaller <= rule.always()
          && overShare.getOrDefault(upstreamTarget, 0) < rule.always();
    }

    /** Takes so many bytes more, if they fit. */
    Answer grow(long more, long now) {
      synchronized (RequestShares.this) {
        Answer answer =
            caller.hasShare()
                ? answerOf(
                    callers.askForBytes(caller, more, now),
                    Answer.ROOM_FULL,
                    Answer.OVER_CALLERS_BYTES)
                : askInAll(more);
        if (answer == Answer.FITS) {
          resize(more);
        }
        return answer;
      }
    }

    /** Holds so many bytes in place of those it held, whether they fit or not. */
    void replaceBytes(long size) {
      synchronized (RequestShares.this) {
        resize(size - bytes);
      }
    }

    private void resize(long more) {
      if (ofCaller) {
        bytes += more;
        callers.resize(caller, more);
        if (ofTarget) {
          targets.resize(upstreamTarget, more);
        }
      }
    }

    /** Gives everything up; more than once does nothing. */
    void release() {
      synchronized (RequestShares.this) {
        if (ofTarget) {
          targets.release(upstreamTarget, bytes);
          ofTarget = false;
          if (exceeds) {
            overShare.merge(upstreamTarget, -1, Integer::sum);
          }
        }
        if (ofCaller) {
          callers.release(caller, bytes);
          ofCaller = false;
        }
      }
    }
  }
}
