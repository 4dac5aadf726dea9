package io.github.httplongcut.broker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.inspect.PathMask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Accounts of requests that are over: the last {@value #RECENT}, and the {@link NotableRequests}.
 * Secrets in their paths are masked before they are kept. The loop adds, the admin pages read.
 * Thread-safe; the lock is held for microseconds at most.
 */
final class RequestMemory {

  static final int RECENT = 1_000;

  /** Requests of each list of one {@link Feed}: if none is omitted, all notable ones are there. */
  static final int FEED = 100;

  /** A request with its number in the order of the ends. */
  private record Numbered(long number, RememberedRequest request) {}

  /**
   * Requests that ended one after the other, oldest first.
   *
   * @param next number of the next request that will end
   * @param omitted requests that are left out, since there are too many
   * @param recent the last ones
   * @param notable the last ones that were notable when they ended
   */
  record Feed(
      long next, int omitted, List<RememberedRequest> recent, List<RememberedRequest> notable) {}

  private static final Comparator<RememberedRequest> NEWEST_FIRST =
      (a, b) -> Long.signum(b.endedAt() - a.endedAt()); // nanoTime may overflow

  private final WallTime time;
  private final PathMask mask;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<RememberedRequest> recent = new ArrayDeque<>(RECENT + 1);

  @GuardedBy("lock")
  private final NotableRequests notable = new NotableRequests();

  /** The last notable requests with their numbers, for {@link #since}. */
  @GuardedBy("lock")
  private final Deque<Numbered> lastNotable = new ArrayDeque<>(FEED + 1);

  /** Number of the next request, from 0. */
  @GuardedBy("lock")
  private long next;

  RequestMemory(WallTime time, PathMask mask) {
    this.time = time;
    this.mask = mask;
  }

  /** Adds a request that is over. */
  void add(RequestRecord record) {
    RememberedRequest request = RememberedRequest.ended(masked(record), time);
    lock.lock();
    try {
      recent.add(request);
      if (recent.size() > RECENT) {
        recent.remove();
      }
      if (notable.add(request)) {
        lastNotable.add(new Numbered(next, request));
        if (lastNotable.size() > FEED) {
          lastNotable.remove();
        }
      }
      next++;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of the next request. */
  long next() {
    lock.lock();
    try {
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the last requests from this number on. */
  Feed since(long from) {
    lock.lock();
    try {
      int ended = (int) Math.min(next - from, Integer.MAX_VALUE);
      int shown = Math.min(Math.min(ended, FEED), recent.size());
      List<RememberedRequest> last = new ArrayList<>(shown);
      Iterator<RememberedRequest> newestFirst = recent.descendingIterator();
      for (int i = 0; i < shown; i++) {
        last.add(newestFirst.next());
      }
      Collections.reverse(last);
      List<RememberedRequest> notableOnes =
          lastNotable.stream().filter(each -> each.number >= from).map(Numbered::request).toList();
      return new Feed(next, ended - shown, last, notableOnes);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the account of a request in flight, which the memory does not keep. */
  RememberedRequest inFlight(RequestRecord record, long now) {
    long receivedAt = record.history().receivedAt();
    return new RememberedRequest(masked(record), time.of(receivedAt), now - receivedAt);
  }

  private RequestRecord masked(RequestRecord record) {
    String path = record.subject().path();
    String masked = mask.mask(path);
    return masked.equals(path) ? record : record.withPath(masked);
  }

  /** Returns the last requests, newest first. */
  List<RememberedRequest> recent() {
    List<RememberedRequest> copy;
    lock.lock();
    try {
      copy = new ArrayList<>(recent);
    } finally {
      lock.unlock();
    }
    copy.sort(NEWEST_FIRST);
    return copy;
  }

  /** Returns the notable requests, newest first. */
  List<RememberedRequest> notable() {
    List<RememberedRequest> copy;
    lock.lock();
    try {
      copy = notable.all();
    } finally {
      lock.unlock();
    }
    copy.sort(NEWEST_FIRST);
    return copy;
  }

  /**
   * Returns the request with this id, or with a dispatch of this id. Of a request that was lost and
   * then ended once more, returns the account of the last end.
   */
  Optional<RememberedRequest> find(UUID id) {
    List<RememberedRequest> all =
        Stream.concat(recent().stream(), notable().stream()).sorted(NEWEST_FIRST).toList();
    Optional<RememberedRequest> found = newest(all, id);
    return found.filter(RememberedRequest::isLost).isPresent()
        ? newest(all, found.get().clientReqId()) // a later account has other dispatches
        : found;
  }

  private static Optional<RememberedRequest> newest(List<RememberedRequest> newestFirst, UUID id) {
    return newestFirst.stream().filter(request -> request.record().hasId(id)).findFirst();
  }
}
