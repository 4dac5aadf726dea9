package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Every attempt of every request in flight, by its {@code broker_req_id}: a response to any of them
 * counts.
 */
final class Dispatches {

  /** One attempt, current or not. */
  record Attempt(InFlight request, UUID brokerReqId, ProcessId upstreamId) {

    /** Where the request stands, if this is the attempt that it stands and falls with. */
    Optional<Stage.AtAgent> current() {
      return request.stage() instanceof Stage.AtAgent at && at.brokerReqId().equals(brokerReqId)
          ? Optional.of(at)
          : Optional.empty();
    }
  }

  private final Map<UUID, Attempt> attempts = new HashMap<>();

  void add(InFlight request, UUID brokerReqId, Agent agent) {
    attempts.put(brokerReqId, new Attempt(request, brokerReqId, agent.id()));
  }

  Optional<Attempt> find(UUID brokerReqId) {
    return Optional.ofNullable(attempts.get(brokerReqId));
  }

  void forget(UUID brokerReqId) {
    attempts.remove(brokerReqId);
  }

  void forget(InFlight request) {
    request.dispatches().forEach(attempts::remove);
  }

  int size() {
    return attempts.size();
  }
}
