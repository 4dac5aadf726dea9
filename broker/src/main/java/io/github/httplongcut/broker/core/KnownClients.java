package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@value #MAX} client agents that sent a request last, each for an hour after its last
 * request: a client agent that is restarted has a new id. When they are too many, the user with the
 * most client agents loses one: a user that makes up ids cannot displace those of others.
 */
final class KnownClients {

  static final int MAX = 1_000;

  private static final float LOAD_FACTOR = 0.75f;

  private static final class Memo {
    final SlidingCounts recent = TrafficMeter.rate();
    String version = "";
    long requests;
    long lastRequestAt;
  }

  /** By user. The users, and the client agents of each, are in the order of their last requests. */
  private final Map<String, Map<ProcessId, Memo>> byUser = inOrderOfUse();

  private int size;

  void onRequest(ProcessId clientId, String version, long now) {
    Map<ProcessId, Memo> ofUser = byUser.get(clientId.user());
    Memo memo = ofUser == null ? null : ofUser.get(clientId);
    if (memo == null) {
      if (size == MAX) {
        forgetOne();
      }
      memo = new Memo();
      byUser.computeIfAbsent(clientId.user(), user -> inOrderOfUse()).put(clientId, memo);
      size++;
    }
    memo.version = version;
    memo.requests++;
    memo.recent.add(0, now);
    memo.lastRequestAt = now;
  }

  private static <K, V> Map<K, V> inOrderOfUse() {
    return new LinkedHashMap<>(16, LOAD_FACTOR, true);
  }

  /** Forgets a client agent of the largest user; of equal ones, the one not heard for longest. */
  private void forgetOne() {
    Map.Entry<String, Map<ProcessId, Memo>> largest =
        byUser.entrySet().stream()
            .max(Comparator.comparingInt(each -> each.getValue().size()))
            .orElseThrow();
    largest.getValue().remove(largest.getValue().keySet().iterator().next());
    if (largest.getValue().isEmpty()) {
      byUser.remove(largest.getKey());
    }
    size--;
  }

  private void forgetOld(long now) {
    byUser
        .values()
        .removeIf(
            ofUser -> {
              int before = ofUser.size();
              ofUser.values().removeIf(memo -> now - memo.lastRequestAt >= KnownTargets.KEPT_FOR);
              size -= before - ofUser.size();
              return ofUser.isEmpty();
            });
  }

  /**
   * Forgets the client agents that sent no request for an hour, and returns the others, the one
   * with the latest request last.
   */
  List<ClientStatus> all(long now) {
    forgetOld(now);
    List<ClientStatus> all = new ArrayList<>(size);
    for (Map<ProcessId, Memo> ofUser : byUser.values()) {
      ofUser.forEach(
          (id, memo) ->
              all.add(
                  new ClientStatus(
                      id, memo.version, memo.lastRequestAt, memo.requests, memo.recent.sum(now))));
    }
    all.sort(Comparator.comparingLong(ClientStatus::lastRequestAt));
    return all;
  }
}
