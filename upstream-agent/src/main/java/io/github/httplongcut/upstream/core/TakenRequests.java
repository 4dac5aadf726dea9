package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.upstream.core.RunState.Answering;
import io.github.httplongcut.upstream.core.RunState.Over;
import io.github.httplongcut.upstream.core.RunState.Unanswered;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The requests that the agent has taken and that are not over. {@link #move} makes every
 * transition, and updates everything that depends on the state: the table, the target's slots and
 * its heartbeats.
 */
final class TakenRequests {

  private final TargetStates states;
  private final Heartbeats heartbeats;
  private final RunnerJournal journal;
  private final Map<UUID, TakenRequest> byBrokerReqId = new HashMap<>();

  TakenRequests(TargetStates states, Heartbeats heartbeats, RunnerJournal journal) {
    this.states = states;
    this.heartbeats = heartbeats;
    this.journal = journal;
  }

  /** Adds a request that was just taken. */
  void add(TakenRequest request, long now) {
    byBrokerReqId.put(request.brokerReqId(), request);
    journal.taken(request);
    states.taken(request.target());
    slotsChanged(request.target(), now);
  }

  /** Moves the request to another state. */
  void move(TakenRequest request, RunState to, long now) {
    RunState from = request.state();
    Target target = request.target();
    request.state(to);
    if (to instanceof Over) {
      byBrokerReqId.remove(request.brokerReqId());
    }
    if (from instanceof Unanswered && to instanceof Answering answering) {
      states.answered(target, answering.bytes());
      slotsChanged(target, now);
    } else if (from instanceof Unanswered && to instanceof Over) {
      states.freed(target);
      slotsChanged(target, now);
    } else if (from instanceof Answering answering && to instanceof Over) {
      states.confirmed(target, answering.bytes());
      noteSlots(target);
      heartbeats.onChange(target, now);
    }
  }

  private void slotsChanged(Target target, long now) {
    noteSlots(target);
    heartbeats.onChange(target, now);
  }

  /** Records the target's slots. To be called after a change of the target's state. */
  void noteSlots(Target target) {
    journal.slots(target, states.inFlight(target), states.freeSlots(target));
  }

  Optional<TakenRequest> find(UUID brokerReqId) {
    return Optional.ofNullable(byBrokerReqId.get(brokerReqId));
  }

  boolean contains(UUID brokerReqId) {
    return byBrokerReqId.containsKey(brokerReqId);
  }

  /** Returns a copy of the requests. */
  List<TakenRequest> all() {
    return List.copyOf(byBrokerReqId.values());
  }

  boolean isEmpty() {
    return byBrokerReqId.isEmpty();
  }

  /** Returns whether a request that was taken under {@code id} is not over. */
  boolean isBusyAs(ProcessId id) {
    return byBrokerReqId.values().stream().anyMatch(each -> each.upstreamId().equals(id));
  }
}
