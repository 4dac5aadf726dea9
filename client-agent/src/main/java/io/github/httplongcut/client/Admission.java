package io.github.httplongcut.client;

import io.github.httplongcut.client.ExceededShares.Room;
import io.github.httplongcut.client.RequestShares.Answer;
import io.github.httplongcut.protocol.Failure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Counts the requests under way, their bytes and those of their answers, the requests for each
 * upstream target, and those that wait for a broker's ack. Refuses what is over a limit, or over
 * the share of its target or its caller, before it costs anything (protocol section 6).
 *
 * <p>Thread-safe, but for what is said to be the loop's. The shares have a lock, which is held for
 * a few assignments.
 */
final class Admission {

  private final RequestShares shares;
  private final ExceededShares exceeded;
  private final AtomicInteger unacked = new AtomicInteger();
  private final AdaptiveLimit maxUnacked;
  private final Map<String, TargetLimit> targets;

  /**
   * @param ackDelayTarget what a broker's ack may take before fewer are let in
   * @param exceeded hears of each request that is refused for a share
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
   * A place for a request of so many bytes.
   *
   * @param now {@code nanoTime}
   * @throws RequestRefusedException if there is none: {@code overloaded} or {@code upstream_busy}
   */
  Permit acquire(String upstreamTarget, CallerAddress caller, long size, long now)
      throws RequestRefusedException {
    if (unacked.get() >= maxUnacked.limit()) {
      throw overloaded();
    }
    RequestShares.Holding holding = shares.holding(upstreamTarget, caller);
    requireFit(holding, holding.acquire(size, now), now);
    TargetLimit target = targets.get(upstreamTarget);
    if (!target.hasRoom()) {
      holding.release();
      throw busy(upstreamTarget);
    }
    return new Permit(target, holding);
  }

  private void requireFit(RequestShares.Holding holding, Answer answer, long now)
      throws RequestRefusedException {
    switch (answer) {
      case FITS -> {
        // nothing is exceeded
      }
      case ROOM_FULL -> throw overloaded();
      case OVER_CALLERS_REQUESTS -> throw overShare(holding.caller(), Room.REQUESTS, now);
      case OVER_CALLERS_BYTES -> throw overShare(holding.caller(), Room.BYTES, now);
      case OVER_TARGETS_REQUESTS -> throw overShare(holding.upstreamTarget(), Room.REQUESTS, now);
      case OVER_TARGETS_BYTES -> throw overShare(holding.upstreamTarget(), Room.BYTES, now);
    }
  }

  private RequestRefusedException overShare(CallerAddress caller, Room room, long now) {
    exceeded.ofCaller(caller, room, now);
    return new RequestRefusedException(
        Failure.OVERLOADED, "the caller " + caller + " has its share of the " + room.words());
  }

  private RequestRefusedException overShare(String upstreamTarget, Room room, long now) {
    exceeded.ofTarget(upstreamTarget, room, now);
    return new RequestRefusedException(
        Failure.UPSTREAM_BUSY, "'" + upstreamTarget + "' has its share of the " + room.words());
  }

  private static RequestRefusedException busy(String upstreamTarget) {
    return new RequestRefusedException(
        Failure.UPSTREAM_BUSY,
        "brokers had no room for more requests for '" + upstreamTarget + "' a moment ago");
  }

  private static RequestRefusedException overloaded() {
    return new RequestRefusedException(Failure.OVERLOADED, "too much is under way");
  }

  /** Requests under way. */
  int requests() {
    return shares.requests();
  }

  /** Bytes of them. */
  long bytes() {
    return shares.bytes();
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
   * {@link #release}.
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

    /** Takes up more, if there is room. */
    boolean tryGrow(long more, long now) {
      return holding.grow(more, now) == Answer.FITS;
    }

    /**
     * Takes up more.
     *
     * @throws RequestRefusedException {@code overloaded}, if there is no room
     */
    void grow(long more, long now) throws RequestRefusedException {
      requireFit(holding, holding.grow(more, now), now);
    }

    /** Holds the answer's bytes now: it is here already, so that others have to wait outside. */
    void holdAnswer(long size) {
      holding.replaceBytes(size);
    }

    /**
     * From here on it waits for a broker's ack, and for its answer. Until it is whole it takes up
     * nothing of its target: callers that send nothing would keep others out.
     *
     * @throws RequestRefusedException {@code overloaded} or {@code upstream_busy}, if too many
     *     wait: there was room when its head came, but its content may have come slowly
     */
    void handedOver(long now) throws RequestRefusedException {
      if (unacked.incrementAndGet() > maxUnacked.limit()) {
        unacked.decrementAndGet();
        throw overloaded();
      }
      try {
        requireFit(holding, holding.enterTarget(now), now);
        if (!target.acquire()) {
          throw busy(holding.upstreamTarget());
        }
      } catch (RequestRefusedException e) {
        unacked.decrementAndGet();
        throw e;
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
        target.release();
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
    void release() {
      answered();
      holding.release();
    }
  }
}
