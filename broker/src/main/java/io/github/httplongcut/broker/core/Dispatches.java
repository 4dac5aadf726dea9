package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The attempts of all requests in flight, by {@code broker_req_id}. Earlier attempts are kept,
 * since a response to any attempt answers the request.
 */
final class Dispatches {

  /** Attempt of a request, current or earlier. */
  record DispatchAttempt(InFlight request, UUID brokerReqId, ProcessId upstreamId) {

    /** Returns the request's stage if this is its current attempt, otherwise empty. */
    Optional<Stage.AtAgent> current() {
      return request.stage() instanceof Stage.AtAgent at && at.brokerReqId().equals(brokerReqId)
          ? Optional.of(at)
          : Optional.empty();
    }
  }

  private final Map<UUID, DispatchAttempt> attempts = new HashMap<>();

  void add(InFlight request, UUID brokerReqId, Agent agent) {
    attempts.put(brokerReqId, new DispatchAttempt(request, brokerReqId, agent.id()));
  }

  Optional<DispatchAttempt> find(UUID brokerReqId) {
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
