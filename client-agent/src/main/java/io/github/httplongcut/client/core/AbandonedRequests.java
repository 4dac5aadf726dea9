package io.github.httplongcut.client.core;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The {@code client_req_id}s of requests whose caller hung up. When a broker acks one of them
 * later, the client agent sends that broker a {@code client_cancel}.
 *
 * <p>An id is kept for a limited time, and at most {@link #MAX_IDS} are kept. If an id is dropped
 * too early, its request runs although nobody waits for the answer: wasted work, but no harm.
 * Belongs to the loop.
 */
final class AbandonedRequests {

  static final int MAX_IDS = 10_000;

  private final long retentionNanos;

  /** Each id with the {@code nanoTime} at which it expires, oldest first. */
  private final Map<UUID, Long> expiries = new LinkedHashMap<>();

  /**
   * @param retentionNanos time for which an id is kept: the longest time that a first ack may take
   */
  AbandonedRequests(long retentionNanos) {
    this.retentionNanos = retentionNanos;
  }

  void add(UUID clientReqId, long now) {
    if (expiries.size() == MAX_IDS) {
      Iterator<UUID> oldest = expiries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    expiries.put(clientReqId, now + retentionNanos);
  }

  boolean contains(UUID clientReqId) {
    return expiries.containsKey(clientReqId);
  }

  void onTick(long now) {
    Iterator<Long> expiry = expiries.values().iterator();
    while (expiry.hasNext() && now - expiry.next() >= 0) {
      expiry.remove();
    }
  }

  int size() {
    return expiries.size();
  }
}
