package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.Stage.Undispatched;
import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * Places requests that are not with an agent: dispatches them, puts them into the waiting room, or
 * answers them with an error (docs/protocol.md section 4). The delivery of a request that is not
 * repeatable is settled first.
 */
final class Placement {

  private final RouterLimits limits;
  private final AgentRegistry agents;
  private final RequestTable table;
  private final Effects effects;
  private final FairClock fair;
  private final Journal journal;
  private final RouterCounters counters = new RouterCounters();
  private OptionalLong consumingSince = OptionalLong.empty();
  private boolean paused;
  private boolean draining;

  Placement(
      RouterLimits limits,
      AgentRegistry agents,
      RequestTable table,
      Effects effects,
      FairClock fair,
      Journal journal) {
    this.limits = limits;
    this.agents = agents;
    this.table = table;
    this.effects = effects;
    this.fair = fair;
    this.journal = journal;
  }

  /** Dispatches the request if possible; otherwise lets it wait, or answers it with an error. */
  void place(InFlight request, Undispatched stage, String why, long now) {
    if (draining) {
      fail(request, stage, error(Failure.NOT_RUN, "the broker is shutting down"), now);
      return;
    }
    if (request.attempts() >= limits.maxAttempts()) {
      fail(request, stage, noAttemptsLeft(request), now);
      return;
    }
    Optional<Agent> agent =
        paused ? Optional.empty() : agents.choose(request.target(), request.unreachableFrom());
    if (agent.isPresent()) {
      assign(request, stage, agent.get(), why, now);
      return;
    }
    boolean isFirstPlacement = request.neverDispatched() && !request.hasWaited();
    Optional<EventError> refusal =
        isFirstPlacement ? refusalToWait(request, now) : Optional.empty();
    if (refusal.isPresent()) {
      fail(request, stage, refusal.get(), now);
    } else {
      move(request, stage.waitSince(fair.at(now)), why + ", no agent free", now);
    }
  }

  /** Answers a request that was not admitted. */
  void refuseNoRoom(InFlight request, Undispatched stage, NoRoom why, long now) {
    Failure failure = why == NoRoom.SHARE_OF_TARGET ? Failure.UPSTREAM_BUSY : Failure.OVERLOADED;
    fail(request, stage, noRoom(failure, request, why, Journal.Room.IN_FLIGHT), now);
  }

  private Optional<EventError> refusalToWait(InFlight request, long now) {
    String target = request.target();
    boolean mayKeepOthersOut = knowsAllAgents(now) && agents.hasOtherTargets(target);
    if (mayKeepOthersOut
        && !agents.hasLive(target, Set.of())
        && table.waitingRoom().size(target) >= limits.waiting().withoutAgent()) {
      journal.shareExceeded(Journal.Party.TARGET_WITHOUT_AGENT, target, Journal.Room.WAITING);
      String message = "no upstream agent for '" + target + "', and too many requests wait for one";
      return Optional.of(error(Failure.UPSTREAM_BUSY, message));
    }
    return table
        .waitingRoom()
        .noRoomFor(request, now)
        .map(why -> noRoom(Failure.UPSTREAM_BUSY, request, why, Journal.Room.WAITING));
  }

  private EventError noRoom(Failure failure, InFlight request, NoRoom why, Journal.Room room) {
    String name =
        room == Journal.Room.WAITING ? "the broker's waiting room" : "the broker's request table";
    return switch (why) {
      case FULL -> error(failure, name + " is full");
      case SHARE_OF_TARGET -> {
        journal.shareExceeded(Journal.Party.TARGET, request.target(), room);
        yield error(
            failure, "requests for '" + request.target() + "' use their whole share of " + name);
      }
      case SHARE_OF_USER -> {
        journal.shareExceeded(Journal.Party.USER, request.user(), room);
        yield error(
            failure,
            "requests of RabbitMQ user '" + request.user() + "' use their whole share of " + name);
      }
    };
  }

  /** Notes that the broker receives the agents' heartbeats from now on. */
  void onConsuming(long now) {
    consumingSince = OptionalLong.of(fair.at(now));
  }

  /** Returns whether all agents have had the time to send a heartbeat. */
  private boolean knowsAllAgents(long now) {
    return consumingSince.isPresent()
        && fair.at(now) - consumingSince.getAsLong() >= limits.ackTimeout().toNanos();
  }

  /** Takes the request from its agent and places it again. */
  void placeAgain(InFlight request, Stage.AtAgent at, DispatchFailure why, long now) {
    Stage.Unassigned unassigned = at.unassign();
    move(request, unassigned, why.why(), now);
    place(request, unassigned, why.why(), now);
  }

  /** Dispatches a settled request to its reserved agent, if that agent still takes requests. */
  void onSettled(InFlight request, Stage.Reserved reserved, long now) {
    Agent agent = reserved.reservedAgent();
    if (!draining && agents.isKnown(agent) && agent.isUsable()) {
      dispatch(request, reserved, agent, "settled", now);
      return;
    }
    Stage.Unassigned unassigned = reserved.unassign();
    move(request, unassigned, "settled, its agent takes no more", now);
    place(request, unassigned, "settled", now);
  }

  /** Dispatches waiting requests to agents that became free, then returns all effects. */
  List<Effect> finish(long now) {
    List<String> targets = table.takeTargetsToServe();
    while (!targets.isEmpty()) {
      targets.forEach(target -> serve(target, now));
      targets = table.takeTargetsToServe();
    }
    return effects.take();
  }

  /** Stops dispatching until {@link #resume}, since RabbitMQ takes no publications. */
  void pause() {
    paused = true;
  }

  void resume() {
    if (paused) {
      paused = false;
      table.markAllForServing();
    }
  }

  /** Stops dispatching for good. */
  void drain() {
    draining = true;
  }

  RouterCounters counters() {
    return counters;
  }

  private void assign(InFlight request, Undispatched stage, Agent agent, String why, long now) {
    if (request.needsNoSettling()) {
      dispatch(request, stage, agent, why, now);
    } else {
      move(request, stage.reserve(agent), why + ", to be settled", now);
      effects.settle(request);
    }
  }

  private void dispatch(InFlight request, Undispatched stage, Agent agent, String why, long now) {
    if (Effects.millisLeft(request, now) < 1) {
      failNoFreeAgent(request, stage, now);
      return;
    }
    UUID brokerReqId = request.neverDispatched() ? request.brokerReqId() : table.newBrokerReqId();
    counters.countDispatch();
    move(request, stage.dispatchTo(agent, brokerReqId), why, now);
    effects.dispatch(request, agent.id(), brokerReqId, now);
  }

  private void serve(String target, long now) {
    boolean mayServeMore = true;
    while (mayServeMore && !paused && agents.hasFree(target)) {
      Optional<InFlight> next = table.waitingRoom().next(target, agents::canServe);
      next.ifPresent(request -> runGuarded(request, now, () -> serve(request, now)));
      // A request that still waits would be the next one again, without end.
      mayServeMore = next.isPresent() && !(next.get().stage() instanceof Stage.Waiting);
    }
  }

  private void serve(InFlight request, long now) {
    Optional<Agent> agent = agents.choose(request.target(), request.unreachableFrom());
    if (agent.isPresent() && request.stage() instanceof Stage.Waiting waiting) {
      assign(request, waiting, agent.get(), "agent free", now);
    }
  }

  // Bugs.

  /** Runs a step of one request. An exception in it fails only that request. */
  void runGuarded(InFlight request, long now, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      journal.bug(request.event().clientReqId(), bug);
      refuseAfterBug(request, now);
    }
  }

  /** Answers the request with {@code internal_error}, in any stage. */
  void refuseAfterBug(InFlight request, long now) {
    try {
      refuse(request, error(Failure.INTERNAL_ERROR, "a bug in the broker: see its log"), now);
    } catch (RuntimeException | Error bug) {
      journal.bug(request.event().clientReqId(), bug);
    }
  }

  // Answers.

  /**
   * Answers a request for which no agent became free, with the error of its last attempt if any.
   */
  void failNoFreeAgent(InFlight request, Undispatched stage, long now) {
    fail(request, stage, request.lastError().orElseGet(() -> noFreeAgent(request.target())), now);
  }

  private EventError noFreeAgent(String target) {
    return agents.hasLive(target, Set.of())
        ? error(Failure.UPSTREAM_BUSY, "no free upstream agent for '" + target + "'")
        : error(Failure.NO_UPSTREAM_AGENT, "no upstream agent for '" + target + "'");
  }

  /** Answers a request that no agent has. Settles it first if it is not repeatable. */
  void fail(InFlight request, Undispatched stage, EventError error, long now) {
    if (request.needsNoSettling()) {
      refuse(request, error, now);
    } else {
      move(request, stage.refuse(error), error.failure().code() + ", to be settled", now);
      effects.settle(request);
    }
  }

  /** Answers a request that is settled, or that needs no settling. */
  void refuse(InFlight request, EventError error, long now) {
    table.forget(request, Ending.failed(error), now);
    effects.refuse(request, error, now);
  }

  static EventError error(Failure failure, String message) {
    return new EventError(failure, message, Hop.BROKER);
  }

  private static EventError noAttemptsLeft(InFlight request) {
    return request
        .lastError()
        .orElseGet(() -> error(Failure.UPSTREAM_BUSY, "no upstream agent took the request"));
  }

  private void move(InFlight request, Stage to, String why, long now) {
    table.move(request, to, why, now);
  }
}
