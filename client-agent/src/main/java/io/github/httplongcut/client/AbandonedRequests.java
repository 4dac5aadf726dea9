package io.github.httplongcut.client;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The {@code client_req_id}s whose caller hung up: a broker that says later that it has one of them
 * is told to forget it. Kept for as long as a first ack may take, and only so many: what is dropped
 * too early runs for nobody, which is a waste and no harm. Belongs to the loop.
 */
final class AbandonedRequests {

  static final int MOST = 10_000;

  private final long keptNanos;

  /** Until when each is kept, the oldest first. */
  private final Map<UUID, Long> ids = new LinkedHashMap<>();

  AbandonedRequests(long keptNanos) {
    this.keptNanos = keptNanos;
  }

  void add(UUID clientReqId, long now) {
    if (ids.size() == MOST) {
      Iterator<UUID> oldest = ids.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    ids.put(clientReqId, now + keptNanos);
  }

  boolean contains(UUID clientReqId) {
    return ids.containsKey(clientReqId);
  }

  void onTick(long now) {
    Iterator<Long> until = ids.values().iterator();
    while (until.hasNext() && now - until.next() >= 0) {
      until.remove();
    }
  }

  int size() {
    return ids.size();
  }
}
