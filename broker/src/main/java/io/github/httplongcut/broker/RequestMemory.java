package io.github.httplongcut.broker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.broker.core.RequestRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Accounts of requests that are over: the last {@value #RECENT}, and the {@link NotableRequests}.
 * The loop adds, the admin pages read. Thread-safe; the lock is held for microseconds at most.
 */
final class RequestMemory {

  static final int RECENT = 1_000;

  private static final Comparator<RememberedRequest> NEWEST_FIRST =
      (a, b) -> Long.signum(b.endedAt() - a.endedAt()); // nanoTime may overflow

  private final WallTime time;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<RememberedRequest> recent = new ArrayDeque<>(RECENT + 1);

  @GuardedBy("lock")
  private final NotableRequests notable = new NotableRequests();

  RequestMemory(WallTime time) {
    this.time = time;
  }

  /** Adds a request that is over. */
  void add(RequestRecord record) {
    RememberedRequest request = RememberedRequest.ended(record, time);
    lock.lock();
    try {
      recent.add(request);
      if (recent.size() > RECENT) {
        recent.remove();
      }
      notable.add(request);
    } finally {
      lock.unlock();
    }
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

  /** Returns the request with this id, or with a dispatch of this id. */
  Optional<RememberedRequest> find(UUID id) {
    return Stream.concat(recent().stream(), notable().stream())
        .filter(request -> request.record().hasId(id))
        .findFirst();
  }
}
