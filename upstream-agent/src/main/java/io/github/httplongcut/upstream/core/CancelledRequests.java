package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Recently cancelled requests, which must not run.
 *
 * <ul>
 *   <li>A cancel may arrive before its request.
 *   <li>RabbitMQ delivers a cancelled request again if its ack was lost with the channel.
 * </ul>
 *
 * <p>Entries are kept for longer than a message stays in the inbox, up to a maximum number. If an
 * entry is dropped too early, its request runs in vain, without harm.
 */
final class CancelledRequests {

  static final int MAX_ENTRIES = 10_000;
  static final Duration RETENTION = Duration.ofSeconds(10);

  private record Entry(ProcessId brokerId, long until) {}

  /** Entries by {@code broker_req_id}, oldest first. */
  private final Map<UUID, Entry> entries = new LinkedHashMap<>();

  void add(BrokerCancel cancel, long now) {
    if (entries.size() == MAX_ENTRIES) {
      Iterator<UUID> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    entries.put(cancel.brokerReqId(), new Entry(cancel.brokerId(), now + RETENTION.toNanos()));
  }

  /** Returns whether the broker that sent the request has cancelled it. */
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
