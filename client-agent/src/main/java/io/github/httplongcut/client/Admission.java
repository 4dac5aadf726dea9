package io.github.httplongcut.client;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests, and bytes of them and of their answers, are under way: what is over the limits
 * is refused before it costs anything (protocol section 6). Thread-safe.
 */
final class Admission {

  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Admission(int maxRequests, long maxBytes) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
  }

  /** A place for a request of so many bytes, if there is one. */
  Optional<Place> enter(long size) {
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

  /** What one request takes up, until it leaves. One thread at a time, but for {@link #leave}. */
  final class Place {

    private final AtomicLong held = new AtomicLong();
    private final AtomicBoolean left = new AtomicBoolean();

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

    /** Frees everything; more than once does nothing. */
    void leave() {
      if (left.compareAndSet(false, true)) {
        requests.decrementAndGet();
        bytes.addAndGet(-held.getAndSet(0));
      }
    }
  }
}
