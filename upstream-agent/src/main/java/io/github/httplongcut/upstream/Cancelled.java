package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Requests that nobody waits for. A cancel may be here before its request, and a request may come
 * again whose ack was lost with the channel: neither runs. Kept for longer than a message waits in
 * the inbox, and only so many: what is dropped too early runs for nobody, which is a waste and no
 * harm. Belongs to the loop.
 */
final class Cancelled {

  static final int MOST = 10_000;
  static final Duration KEPT = Duration.ofSeconds(10);

  private record Entry(ProcessId brokerId, long until) {}

  /** By {@code broker_req_id}, the oldest first. */
  private final Map<UUID, Entry> entries = new LinkedHashMap<>();

  void add(BrokerCancel cancel, long now) {
    if (entries.size() == MOST) {
      Iterator<UUID> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    entries.put(cancel.brokerReqId(), new Entry(cancel.brokerId(), now + KEPT.toNanos()));
  }

  /** Whether its own broker has cancelled it. */
  boolean contains(BrokerRequest request) {
    Entry entry = entries.get(request.brokerReqId());
    return entry != null && entry.brokerId().equals(request.brokerId());
  }

  void onTick(long now) {
    Iterator<Entry> each = entries.values().iterator();
    while (each.hasNext() && now - each.next().until() >= 0) {
      each.remove();
    }
  }

  int size() {
    return entries.size();
  }
}
