package io.github.httplongcut.client;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests, and bytes of them and of their answers, are under way, and how many of them
 * wait for a broker's ack: what is over the limits is refused before it costs anything (protocol
 * section 6). Thread-safe, but for what is said to be the loop's.
 */
final class Admission {

  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger unacked = new AtomicInteger();
  private final AdaptiveLimit maxUnacked;

  /**
   * @param ackDelayTarget what a broker's ack may take before fewer are let in
   */
  Admission(int maxRequests, long maxBytes, Duration ackDelayTarget) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
    this.maxUnacked = new AdaptiveLimit(maxRequests, ackDelayTarget);
  }

  /** A place for a request of so many bytes, if there is one. */
  Optional<Place> enter(long size) {
    if (unacked.get() >= maxUnacked.limit()) {
      return Optional.empty();
    }
    if (requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      return Optional.empty();
    }
    Place place = new Place();
    if (!place.grow(size)) {
      place.leave();
      return Optional.empty();
    }
    return Optional.of(place);
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

  /** Follows what the relay carries; on the loop. */
  void onTick(long now) {
    maxUnacked.onTick(unacked.get(), now);
  }

  /** Acks that came late now are not the relay's fault; on the loop. */
  void disregardDelays() {
    maxUnacked.disregard();
  }

  /** What one request takes up, until it leaves. One thread at a time, but for {@link #leave}. */
  final class Place {

    private final AtomicLong held = new AtomicLong();
    private final AtomicBoolean left = new AtomicBoolean();
    private final AtomicBoolean waitsForAck = new AtomicBoolean();

    private Place() {}

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

    /** From here on it waits for a broker's ack. */
    void handedOver() {
      waitsForAck.set(true);
      unacked.incrementAndGet();
    }

    /** A broker has it, so long after it was published; on the loop. */
    void acked(long delayNanos) {
      maxUnacked.onAck(delayNanos);
      endWait();
    }

    private void endWait() {
      if (waitsForAck.compareAndSet(true, false)) {
        unacked.decrementAndGet();
      }
    }

    /** Frees everything; more than once does nothing. */
    void leave() {
      endWait();
      if (left.compareAndSet(false, true)) {
        requests.decrementAndGet();
        bytes.addAndGet(-held.getAndSet(0));
      }
    }
  }
}
