package io.github.httplongcut.client;

import io.github.httplongcut.client.ExceededShares.Room;
import io.github.httplongcut.client.RequestShares.Decision;
import io.github.httplongcut.client.core.AckTimes;
import io.github.httplongcut.protocol.Failure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Admits requests within the limits and shares of protocol section 6, and refuses all others before
 * they take up memory. Counts:
 *
 * <ul>
 *   <li>the requests in flight, their bytes and the bytes of their answers
 *   <li>the requests for each upstream target
 *   <li>the requests that wait for a broker's ack
 * </ul>
 *
 * <p>Thread-safe, except for the methods marked "on the loop". The shares have a lock, which is
 * held for a few assignments.
 */
final class Admission {

  private final RequestShares shares;
  private final ExceededShares exceeded;
  private final AtomicInteger unacked = new AtomicInteger();
  private final AdaptiveLimit maxUnacked;
  private final Map<String, TargetLimit> targets;

  /**
   * @param ackDelayTarget ack delay above which fewer requests are admitted
   * @param exceeded is called for each request that is refused because of a share
   */
  Admission(RequestShares shares, Duration ackDelayTarget, ExceededShares exceeded) {
    int maxRequests = shares.maxRequests();
    this.shares = shares;
    this.exceeded = exceeded;
    this.maxUnacked = new AdaptiveLimit(maxRequests, ackDelayTarget);
    this.targets =
        shares.upstreamTargets().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(), target -> new TargetLimit(maxRequests)));
  }

  /**
   * Admits a request.
   *
   * @param size bytes that the request takes up so far
   * @param now {@code nanoTime}
   * @throws RequestRefusedException {@code overloaded} or {@code upstream_busy}, if the request is
   *     not admitted
   */
  Permit acquire(String upstreamTarget, CallerAddress caller, long size, long now)
      throws RequestRefusedException {
    if (unacked.get() >= maxUnacked.limit()) {
      throw tooManyUnacked();
    }
    RequestShares.Holding holding = shares.holding(upstreamTarget, caller);
    requireFit(holding, holding.acquire(size, now), now);
    TargetLimit target = targets.get(upstreamTarget);
    if (!target.hasRoom()) {
      holding.release();
      throw upstreamBusy(upstreamTarget);
    }
    return new Permit(target, holding);
  }

  private void requireFit(RequestShares.Holding holding, Decision decision, long now)
      throws RequestRefusedException {
    switch (decision) {
      case FITS -> {
        // admitted
      }
      case ROOM_FULL -> throw roomFull();
      case OVER_CALLERS_REQUESTS -> throw overShare(holding.caller(), Room.REQUESTS, now);
      case OVER_CALLERS_BYTES -> throw overShare(holding.caller(), Room.BYTES, now);
      case OVER_TARGETS_REQUESTS -> throw overShare(holding.upstreamTarget(), Room.REQUESTS, now);
      case OVER_TARGETS_BYTES -> throw overShare(holding.upstreamTarget(), Room.BYTES, now);
    }
  }

  private RequestRefusedException overShare(CallerAddress caller, Room room, long now) {
    exceeded.ofCaller(caller, room, now);
    return new RequestRefusedException(
        Failure.OVERLOADED, "caller " + caller + " already holds its share of the " + room.words());
  }

  private RequestRefusedException overShare(String upstreamTarget, Room room, long now) {
    exceeded.ofTarget(upstreamTarget, room, now);
    return new RequestRefusedException(
        Failure.UPSTREAM_BUSY,
        "upstream target '" + upstreamTarget + "' already holds its share of the " + room.words());
  }

  private static RequestRefusedException upstreamBusy(String upstreamTarget) {
    return new RequestRefusedException(
        Failure.UPSTREAM_BUSY,
        "brokers have just refused requests for upstream target '"
            + upstreamTarget
            + "' as upstream_busy");
  }

  private static RequestRefusedException tooManyUnacked() {
    return new RequestRefusedException(
        Failure.OVERLOADED, "too many requests wait for a broker to ack them");
  }

  private static RequestRefusedException roomFull() {
    return new RequestRefusedException(
        Failure.OVERLOADED, "the client agent has reached max-in-flight or max-in-flight-bytes");
  }

  /** Returns the number of requests in flight. */
  int requests() {
    return shares.requests();
  }

  /** Returns the bytes of the requests in flight and of their answers. */
  long bytes() {
    return shares.bytes();
  }

  /** Returns the number of requests that wait for a broker's ack. */
  int unacked() {
    return unacked.get();
  }

  /** Returns the current limit of {@link #unacked}. */
  int maxUnacked() {
    return maxUnacked.limit();
  }

  /** Returns the limit of each upstream target. */
  Map<String, TargetLimit> targets() {
    return targets;
  }

  /** Returns whether any target's limit can grow, which needs ticks. */
  boolean isGrowing() {
    return targets.values().stream().anyMatch(TargetLimit::isGrowing);
  }

  /** Returns whether nothing is in flight. For tests that look for leaks. */
  boolean isIdle() {
    return requests() == 0
        && bytes() == 0
        && unacked() == 0
        && targets.values().stream().allMatch(target -> target.inFlight() == 0);
  }

  /** Adapts the limits; on the loop. */
  void onTick(long now) {
    targets.values().forEach(target -> target.onTick(now));
    maxUnacked.onTick(unacked.get(), now);
  }

  /**
   * Discards the ack delays measured in this window: this process caused them, not the brokers. On
   * the loop.
   */
  void discardDelays() {
    maxUnacked.discardDelays();
  }

  /**
   * Permit of one request, held until its answer is written. Used by one thread at a time, except
   * for {@link #answered} and {@link #release}.
   */
  final class Permit {

    private final TargetLimit target;
    private final RequestShares.Holding holding;
    private final AtomicBoolean waitsForAck = new AtomicBoolean();
    private final AtomicBoolean waitsForAnswer = new AtomicBoolean();

    private Permit(TargetLimit target, RequestShares.Holding holding) {
      this.target = target;
      this.holding = holding;
    }

    /** Takes up more bytes and returns true, if they fit. */
    boolean tryGrow(long more, long now) {
      return holding.grow(more, now) == Decision.FITS;
    }

    /**
     * Takes up more bytes.
     *
     * @throws RequestRefusedException {@code overloaded}, if they do not fit
     */
    void grow(long more, long now) throws RequestRefusedException {
      requireFit(holding, holding.grow(more, now), now);
    }

    /**
     * Holds the answer's bytes instead of the request's, even over the limit: the answer is in
     * memory already.
     */
    void holdAnswer(long size) {
      holding.replaceBytes(size);
    }

    /**
     * The request is complete. From now on it waits for a broker's ack and for its answer, and
     * counts for its upstream target. It does not count for the target before: otherwise callers
     * that send only a head would keep other callers out.
     *
     * @throws RequestRefusedException {@code overloaded} or {@code upstream_busy}, if too many
     *     requests wait now. There was room when the head came, but the content may have come
     *     slowly
     */
    void onRequestComplete(long now) throws RequestRefusedException {
      if (unacked.incrementAndGet() > maxUnacked.limit()) {
        unacked.decrementAndGet();
        throw tooManyUnacked();
      }
      try {
        requireFit(holding, holding.acquireTarget(now), now);
        if (!target.acquire()) {
          throw upstreamBusy(holding.upstreamTarget());
        }
      } catch (RequestRefusedException e) {
        unacked.decrementAndGet();
        throw e;
      }
      waitsForAck.set(true);
      waitsForAnswer.set(true);
    }

    /** A broker has acked the request; on the loop. */
    void acked(AckTimes times) {
      maxUnacked.onAck(times);
      endAckWait();
    }

    /** The answer or the error has arrived: the request no longer counts for its target. */
    void answered() {
      endAckWait();
      if (waitsForAnswer.compareAndSet(true, false)) {
        target.release();
      }
    }

    /** A broker has refused the request as {@code upstream_busy}; on the loop. */
    void onUpstreamBusy() {
      answered();
      target.onUpstreamBusy();
    }

    private void endAckWait() {
      if (waitsForAck.compareAndSet(true, false)) {
        unacked.decrementAndGet();
      }
    }

    /** Releases everything that the request holds. Further calls have no effect. */
    void release() {
      answered();
      holding.release();
    }
  }
}
