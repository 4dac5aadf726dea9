package io.github.httplongcut.broker.core;

import io.github.httplongcut.loop.FairClock;
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
 * The requests in flight. {@link #move} makes every transition, and updates everything that depends
 * on the stage: the waiting room, the agent's slots and the log.
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
  private final Set<String> targetsToServe = new LinkedHashSet<>();

  /**
   * Creates an empty table.
   *
   * @param ids generates {@code broker_req_id}s
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

  /** Counts the request against the broker's limits from now on. */
  void admit(InFlight request) {
    request.setAdmitted();
    room.acquire(request);
  }

  /** Moves the request to another stage. */
  void move(InFlight request, Stage to, String why, long now) {
    Stage from = request.stage();
    if (to instanceof Stage.Dispatched dispatched
        && !request.dispatches().contains(dispatched.brokerReqId())) {
      request.addDispatch(dispatched.brokerReqId());
      dispatches.add(request, dispatched.brokerReqId(), dispatched.assignedAgent());
      agents.countDispatch(dispatched.assignedAgent(), now);
    }
    journal.moved(
        request.event().clientReqId(), request.brokerReqId(), from.label(), to.label(), why);
    request.stage(to, why, now);
    if (from instanceof Stage.Waiting waiting) {
      waitingRoom.remove(request);
      request.addWaited(fair.at(now) - waiting.since());
    }
    if (to instanceof Stage.Waiting) {
      waitingRoom.add(request);
    }
    if (!to.agent().equals(from.agent())) {
      to.agent().ifPresent(agents::acquireSlot);
      from.agent().ifPresent(this::releaseSlot);
    }
  }

  /** Forgets an attempt that can have no further events. */
  void forgetAttempt(InFlight request, UUID brokerReqId) {
    dispatches.forget(brokerReqId);
    request.forgetDispatch(brokerReqId);
  }

  /**
   * Ends the request and removes it from the table. Does nothing if the request is over already: a
   * bug after its end must not end it a second time.
   */
  void forget(InFlight request, Ending ending, long now) {
    if (request.stage() instanceof Stage.Over) {
      return;
    }
    Ran ran = Ran.ofEnded(ending, request.facts());
    move(request, new Stage.Over(), ending.why(), now);
    byClientReqId.remove(request.event().clientReqId());
    dispatches.forget(request);
    request.receipt().remove(request);
    if (request.isAdmitted()) {
      room.release(request);
    }
    journal.ended(request.record(ending, ran));
  }

  private void releaseSlot(Agent agent) {
    agents.releaseSlot(agent);
    targetsToServe.add(agent.target());
  }

  /** Notes that an agent of the target may have a free slot again. */
  void markForServing(String target) {
    targetsToServe.add(target);
  }

  /** Notes that requests of every target may be dispatched again. */
  void markAllForServing() {
    targetsToServe.addAll(waitingRoom.targets());
  }

  /** Removes and returns the targets whose waiting requests may be dispatched now. */
  List<String> takeTargetsToServe() {
    if (targetsToServe.isEmpty()) {
      return List.of();
    }
    List<String> taken = new ArrayList<>(targetsToServe);
    targetsToServe.clear();
    return taken;
  }

  Optional<InFlight> find(UUID clientReqId) {
    return Optional.ofNullable(byClientReqId.get(clientReqId));
  }

  Optional<Dispatches.DispatchAttempt> attempt(UUID brokerReqId) {
    return dispatches.find(brokerReqId);
  }

  /** Returns the account of the request in flight with this id, or with a dispatch of this id. */
  Optional<RequestRecord> record(UUID id) {
    return find(id)
        .or(() -> attempt(id).map(Dispatches.DispatchAttempt::request))
        .or(() -> byForgottenAttempt(id))
        .map(request -> request.record(Ran.ofInFlight(request.facts())));
  }

  private Optional<InFlight> byForgottenAttempt(UUID brokerReqId) {
    return byClientReqId.values().stream().filter(each -> each.hasId(brokerReqId)).findFirst();
  }

  /** Returns a copy of the requests, oldest first. */
  List<InFlight> all() {
    return new ArrayList<>(byClientReqId.values());
  }

  /** Returns the request's attempts that are not forgotten, oldest first. */
  List<Dispatches.DispatchAttempt> attemptsOf(InFlight request) {
    return request.dispatches().stream().flatMap(id -> attempt(id).stream()).toList();
  }

  WaitingRoom waitingRoom() {
    return waitingRoom;
  }

  boolean isEmpty() {
    return byClientReqId.isEmpty();
  }

  /** Returns the room of the admitted requests. */
  SharedRoom room() {
    return room;
  }

  RouterStats.RequestCounts requestCounts() {
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
    return new RouterStats.RequestCounts(waitingRoom.size(), settling, dispatched, running);
  }

  /** Returns the number of remembered attempts: 0 without a request. For tests. */
  int attempts() {
    return dispatches.size();
  }
}
