package io.github.httplongcut.client;

import io.github.httplongcut.protocol.Failure;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How many requests, and bytes of them and of their answers, are under way, how many of them for
 * each upstream target, and how many wait for a broker's ack: what is over the limits is refused
 * before it costs anything (protocol section 6). Thread-safe, but for what is said to be the
 * loop's.
 */
final class Admission {

  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger unacked = new AtomicInteger();
  private final AdaptiveLimit maxUnacked;
  private final Map<String, TargetLimit> targets;

  /**
   * @param targets that requests may be for
   * @param ackDelayTarget what a broker's ack may take before fewer are let in
   */
  Admission(int maxRequests, long maxBytes, Duration ackDelayTarget, Collection<String> targets) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
    this.maxUnacked = new AdaptiveLimit(maxRequests, ackDelayTarget);
    this.targets =
        targets.stream()
            .distinct()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(), target -> new TargetLimit(maxRequests)));
  }

  /**
   * A place for a request of so many bytes.
   *
   * @throws RefusedException if there is none: {@code overloaded} or {@code upstream_busy}
   */
  Place enter(String upstreamTarget, long size) throws RefusedException {
    if (unacked.get() >= maxUnacked.limit()) {
      throw overloaded();
    }
    if (requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      throw overloaded();
    }
    TargetLimit target = targets.get(upstreamTarget);
    if (!target.hasRoom()) {
      requests.decrementAndGet();
      throw busy(upstreamTarget);
    }
    Place place = new Place(upstreamTarget, target);
    if (!place.grow(size)) {
      place.leave();
      throw overloaded();
    }
    return place;
  }

  private static RefusedException busy(String upstreamTarget) {
    return new RefusedException(
        Failure.UPSTREAM_BUSY,
        "brokers had no room for more requests for '" + upstreamTarget + "' a moment ago");
  }

  private static RefusedException overloaded() {
    return new RefusedException(Failure.OVERLOADED, "too much is under way");
  }

  /** Requests under way. */
  int requests() {
    return requests.get();
  }

  /** Bytes of them. */
  long bytes() {
    return bytes.get();
  }

  /** Requests under way that no broker has acked yet. */
  int unacked() {
    return unacked.get();
  }

  /** How many of those there may be now. */
  int maxUnacked() {
    return maxUnacked.limit();
  }

  /** Requests for each upstream target. */
  Map<String, TargetLimit> targets() {
    return targets;
  }

  /** Whether the limit of a target is still to grow: ticks matter. */
  boolean isGrowing() {
    return targets.values().stream().anyMatch(TargetLimit::isGrowing);
  }

  /** Whether nothing is under way, for tests of leaks. */
  boolean isIdle() {
    return requests() == 0
        && bytes() == 0
        && unacked() == 0
        && targets.values().stream().allMatch(target -> target.underWay() == 0);
  }

  /** Follows what the relay carries; on the loop. */
  void onTick(long now) {
    targets.values().forEach(target -> target.onTick(now));
    maxUnacked.onTick(unacked.get(), now);
  }

  /** Acks that came late now are not the relay's fault; on the loop. */
  void disregardDelays() {
    maxUnacked.disregard();
  }

  /**
   * What one request takes up, until it leaves. One thread at a time, but for {@link #answered} and
   * {@link #leave}.
   */
  final class Place {

    private final String upstreamTarget;
    private final TargetLimit target;
    private final AtomicLong held = new AtomicLong();
    private final AtomicBoolean left = new AtomicBoolean();
    private final AtomicBoolean waitsForAck = new AtomicBoolean();
    private final AtomicBoolean waitsForAnswer = new AtomicBoolean();

    private Place(String upstreamTarget, TargetLimit target) {
      this.upstreamTarget = upstreamTarget;
      this.target = target;
    }

    /** Takes up more, if there is room. */
    boolean grow(long more) {
      if (bytes.addAndGet(more) > maxBytes) {
        bytes.addAndGet(-more);
        return false;
      }
      held.addAndGet(more);
      return true;
    }

    /** Holds the answer's bytes now: it is here already, so that others have to wait outside. */
    void holdAnswer(long size) {
      bytes.addAndGet(size - held.getAndSet(size));
    }

    /**
     * From here on it waits for a broker's ack, and for its answer. Until it is whole it takes up
     * nothing of its target: callers that send nothing would keep others out.
     *
     * @throws RefusedException {@code overloaded} or {@code upstream_busy}, if too many wait: there
     *     was room when its head came, but its content may have come slowly
     */
    void handedOver() throws RefusedException {
      if (unacked.incrementAndGet() > maxUnacked.limit()) {
        unacked.decrementAndGet();
        throw overloaded();
      }
      if (!target.enter()) {
        unacked.decrementAndGet();
        throw busy(upstreamTarget);
      }
      waitsForAck.set(true);
      waitsForAnswer.set(true);
    }

    /** A broker has it, so long after it was published; on the loop. */
    void acked(long delayNanos) {
      maxUnacked.onAck(delayNanos);
      endWait();
    }

    /** Its answer is here, or why there is none: there is room for another one. */
    void answered() {
      endWait();
      if (waitsForAnswer.compareAndSet(true, false)) {
        target.leave();
      }
    }

    /** The answer is that a broker had no room for it; on the loop. */
    void foundNoRoom() {
      answered();
      target.onNoRoom();
    }

    private void endWait() {
      if (waitsForAck.compareAndSet(true, false)) {
        unacked.decrementAndGet();
      }
    }

    /** Frees everything; more than once does nothing. */
    void leave() {
      answered();
      if (left.compareAndSet(false, true)) {
        requests.decrementAndGet();
        bytes.addAndGet(-held.getAndSet(0));
      }
    }
  }
}
