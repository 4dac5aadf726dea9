package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Every request in flight and where it stands. One method makes every transition, and with it all
 * that hangs on a state: the stay in the waiting room, the agent's slot, the line in the log.
 */
final class RequestTable {

  private final AgentRegistry agents;
  private final FairClock fair;
  private final Supplier<UUID> ids;
  private final Journal journal;
  private final Map<UUID, InFlight> byClientReqId = new LinkedHashMap<>();
  private final WaitingRoom waitingRoom;
  private final SharedRoom room;
  private final Dispatches dispatches = new Dispatches();
  private final Set<String> freed = new LinkedHashSet<>();

  /**
   * An empty table.
   *
   * @param ids gives new {@code broker_req_id}s
   */
  RequestTable(
      RouterLimits limits,
      AgentRegistry agents,
      FairClock fair,
      Supplier<UUID> ids,
      Journal journal) {
    this.room = new SharedRoom(limits.maxInFlight(), limits.maxInFlightBytes(), limits.shares());
    this.waitingRoom = new WaitingRoom(limits);
    this.agents = agents;
    this.fair = fair;
    this.ids = ids;
    this.journal = journal;
  }

  UUID newBrokerReqId() {
    return ids.get();
  }

  void add(InFlight request) {
    byClientReqId.put(request.event().clientReqId(), request);
    request.receipt().add(request);
  }

  /** Counts it against the limits from now on. */
  void admit(InFlight request) {
    request.admitted();
    room.acquire(request);
  }

  /** Makes a transition. */
  void move(InFlight request, Stage to, String why, long now) {
    Stage from = request.stage();
    if (to instanceof Stage.Dispatched dispatched
        && !request.dispatches().contains(dispatched.brokerReqId())) {
      request.dispatched(dispatched.brokerReqId());
      dispatches.add(request, dispatched.brokerReqId(), dispatched.with());
    }
    journal.moved(
        request.event().clientReqId(), request.brokerReqId(), from.label(), to.label(), why);
    request.stage(to);
    if (from instanceof Stage.Waiting waiting) {
      waitingRoom.remove(request);
      request.addWaited(fair.at(now) - waiting.since());
    }
    if (to instanceof Stage.Waiting) {
      waitingRoom.add(request);
    }
    if (!to.agent().equals(from.agent())) {
      to.agent().ifPresent(agents::take);
      from.agent().ifPresent(this::release);
    }
  }

  /** Forgets an attempt of which nothing more can be heard. */
  void forgetAttempt(InFlight request, UUID brokerReqId) {
    dispatches.forget(brokerReqId);
    request.forgetDispatch(brokerReqId);
  }

  /** Takes a request out of everything. */
  void forget(InFlight request, String why, long now) {
    move(request, new Stage.Over(), why, now);
    byClientReqId.remove(request.event().clientReqId());
    dispatches.forget(request);
    request.receipt().remove(request);
    if (request.isAdmitted()) {
      room.release(request);
    }
  }

  private void release(Agent agent) {
    agents.release(agent);
    freed.add(agent.target());
  }

  /** An agent for that target may have become free. */
  void freed(String target) {
    freed.add(target);
  }

  /** Agents for every target may be chosen again. */
  void freedAll() {
    freed.addAll(waitingRoom.targets());
  }

  /** Where somebody who waits may be served now; asked once. */
  List<String> takeFreed() {
    if (freed.isEmpty()) {
      return List.of();
    }
    List<String> taken = new ArrayList<>(freed);
    freed.clear();
    return taken;
  }

  Optional<InFlight> find(UUID clientReqId) {
    return Optional.ofNullable(byClientReqId.get(clientReqId));
  }

  Optional<Dispatches.Attempt> attempt(UUID brokerReqId) {
    return dispatches.find(brokerReqId);
  }

  /** A copy, the oldest first. */
  List<InFlight> all() {
    return new ArrayList<>(byClientReqId.values());
  }

  /** All its attempts so far. */
  List<Dispatches.Attempt> attemptsOf(InFlight request) {
    return request.dispatches().stream().flatMap(id -> attempt(id).stream()).toList();
  }

  WaitingRoom waitingRoom() {
    return waitingRoom;
  }

  boolean isEmpty() {
    return byClientReqId.isEmpty();
  }

  /** The room for what is admitted. */
  SharedRoom room() {
    return room;
  }

  RouterStats.Holds holds() {
    int settling = 0;
    int dispatched = 0;
    int running = 0;
    for (InFlight request : byClientReqId.values()) {
      Stage stage = request.stage();
      if (stage instanceof Stage.Dispatched) {
        dispatched++;
      } else if (stage instanceof Stage.Running) {
        running++;
      } else if (!(stage instanceof Stage.Waiting)) {
        settling++;
      }
    }
    return new RouterStats.Holds(waitingRoom.size(), settling, dispatched, running);
  }

  /** Attempts remembered, for tests: none without a request. */
  int attempts() {
    return dispatches.size();
  }
}
