package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.Stage.Undispatched;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * What becomes of a request that no agent has: an agent, the waiting room, or an answer
 * (docs/protocol.md section 4). It settles what must be settled before.
 */
final class Placement {

  private final RouterLimits limits;
  private final AgentRegistry agents;
  private final RequestTable table;
  private final Effects outbox;
  private final FairClock fair;
  private final Journal journal;
  private long dispatches;
  private OptionalLong listensSince = OptionalLong.empty();
  private boolean paused;
  private boolean draining;

  Placement(
      RouterLimits limits,
      AgentRegistry agents,
      RequestTable table,
      Effects outbox,
      FairClock fair,
      Journal journal) {
    this.limits = limits;
    this.agents = agents;
    this.table = table;
    this.outbox = outbox;
    this.fair = fair;
    this.journal = journal;
  }

  /** Gives it to an agent, else lets it wait, else answers. */
  void place(InFlight request, Undispatched stage, String why, long now) {
    if (draining) {
      fail(request, stage, error(Failure.NOT_RUN, "the broker shuts down"), now);
      return;
    }
    if (request.attempts() >= limits.maxAttempts()) {
      fail(request, stage, nothingMoreToTry(request), now);
      return;
    }
    Optional<Agent> agent =
        paused ? Optional.empty() : agents.choose(request.target(), request.unreachableFrom());
    if (agent.isPresent()) {
      assign(request, stage, agent.get(), why, now);
      return;
    }
    boolean comesFirst = request.isNew() && !request.hasWaited();
    Optional<EventError> refusal = comesFirst ? refusalToWait(request, now) : Optional.empty();
    if (refusal.isPresent()) {
      fail(request, stage, refusal.get(), now);
    } else {
      move(request, stage.await(fair.at(now)), why + ", nobody free", now);
    }
  }

  /** Answers a request for which the broker has no place. */
  void noPlace(InFlight request, Undispatched stage, NoRoom why, long now) {
    Failure failure = why == NoRoom.SHARE_OF_TARGET ? Failure.UPSTREAM_BUSY : Failure.OVERLOADED;
    fail(request, stage, noRoom(failure, request, why, Journal.Room.IN_FLIGHT), now);
  }

  private Optional<EventError> refusalToWait(InFlight request, long now) {
    String target = request.target();
    boolean mayKeepOthersOut = knowsItsAgents(now) && agents.hasOtherTargets(target);
    if (mayKeepOthersOut
        && !agents.hasLive(target, Set.of())
        && table.waitingRoom().size(target) >= limits.waiting().withoutAgent()) {
      journal.shareExceeded(Journal.Party.TARGET_WITHOUT_AGENT, target, Journal.Room.WAITING);
      String message = "as many requests for '" + target + "' wait for an agent as may";
      return Optional.of(error(Failure.UPSTREAM_BUSY, message));
    }
    return table
        .waitingRoom()
        .noRoomFor(request, now)
        .map(why -> noRoom(Failure.UPSTREAM_BUSY, request, why, Journal.Room.WAITING));
  }

  private EventError noRoom(Failure failure, InFlight request, NoRoom why, Journal.Room room) {
    String name = room == Journal.Room.WAITING ? "the broker's waiting room" : "the broker's room";
    return switch (why) {
      case FULL -> error(failure, name + " is full");
      case SHARE_OF_TARGET -> {
        journal.shareExceeded(Journal.Party.TARGET, request.target(), room);
        yield error(failure, "requests for '" + request.target() + "' hold their share of " + name);
      }
      case SHARE_OF_USER -> {
        journal.shareExceeded(Journal.Party.USER, request.user(), room);
        yield error(
            failure,
            "requests of RabbitMQ user '" + request.user() + "' hold their share of " + name);
      }
    };
  }

  /** The agents' heartbeats are heard from now on, before requests are taken. */
  void listens(long now) {
    listensSince = OptionalLong.of(fair.at(now));
  }

  /** Returns whether all agents have had the time to say that they are there. */
  private boolean knowsItsAgents(long now) {
    return listensSince.isPresent()
        && fair.at(now) - listensSince.getAsLong() >= limits.ackTimeout().toNanos();
  }

  /** Places it anew: its agent does not have it. */
  void comeBack(InFlight request, Stage.AtAgent at, String why, long now) {
    Stage.Unassigned back = at.comeBack();
    move(request, back, why, now);
    place(request, back, why, now);
  }

  /** It is settled, and its slot at the agent is kept: if that agent still takes requests. */
  void settled(InFlight request, Stage.Reserved reserved, long now) {
    Agent agent = reserved.reserved();
    if (!draining && agents.isKnown(agent) && agent.isUsable()) {
      dispatch(request, reserved, agent, "settled", now);
      return;
    }
    Stage.Unassigned back = reserved.giveUp();
    move(request, back, "settled, its agent takes no more", now);
    place(request, back, "settled", now);
  }

  /** Serves those who wait where somebody has become free; what the router says is complete. */
  List<Effect> finish(long now) {
    for (List<String> freed = table.takeFreed(); !freed.isEmpty(); freed = table.takeFreed()) {
      freed.forEach(target -> serve(target, now));
    }
    return outbox.take();
  }

  /** Dispatches nothing until {@link #resume}: what is dispatched is not written. */
  void pause() {
    paused = true;
  }

  void resume() {
    if (paused) {
      paused = false;
      table.freedAll();
    }
  }

  /** Dispatches nothing any more. */
  void drain() {
    draining = true;
  }

  long dispatches() {
    return dispatches;
  }

  private void assign(InFlight request, Undispatched stage, Agent agent, String why, long now) {
    if (request.isFreeToGo()) {
      dispatch(request, stage, agent, why, now);
    } else {
      move(request, stage.reserve(agent), why + ", to be settled", now);
      outbox.settle(request);
    }
  }

  private void dispatch(InFlight request, Undispatched stage, Agent agent, String why, long now) {
    if (Effects.millisLeft(request, now) < 1) {
      nobodyFree(request, stage, now);
      return;
    }
    UUID brokerReqId = request.isNew() ? request.brokerReqId() : table.newBrokerReqId();
    dispatches++;
    move(request, stage.dispatchTo(agent, brokerReqId), why, now);
    outbox.dispatch(request, agent.id(), brokerReqId, now);
  }

  private void serve(String target, long now) {
    boolean goesOn = true;
    while (goesOn && !paused && agents.hasFree(target)) {
      Optional<InFlight> next = table.waitingRoom().next(target, agents::canServe);
      next.ifPresent(request -> guarded(request, now, () -> serve(request, now)));
      // One that still waits would be next for ever.
      goesOn = next.isPresent() && !(next.get().stage() instanceof Stage.Waiting);
    }
  }

  private void serve(InFlight request, long now) {
    Optional<Agent> agent = agents.choose(request.target(), request.unreachableFrom());
    if (agent.isPresent() && request.stage() instanceof Stage.Waiting waiting) {
      assign(request, waiting, agent.get(), "agent free", now);
    }
  }

  // Bugs.

  /** Runs a step of one request: a bug in it costs that request and no other. */
  void guarded(InFlight request, long now, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      journal.bug(request.event().clientReqId(), bug);
      giveUp(request, now);
    }
  }

  /** Answers it {@code internal_error}, wherever it stands. */
  void giveUp(InFlight request, long now) {
    try {
      refuse(request, error(Failure.INTERNAL_ERROR, "a bug: see the broker's log"), now);
    } catch (RuntimeException | Error bug) {
      journal.bug(request.event().clientReqId(), bug);
    }
  }

  // Answers.

  /** No agent was free for it in time; what went wrong before says more than that. */
  void nobodyFree(InFlight request, Undispatched stage, long now) {
    fail(request, stage, request.lastError().orElseGet(() -> nobodyFor(request.target())), now);
  }

  private EventError nobodyFor(String target) {
    return agents.hasLive(target, Set.of())
        ? error(Failure.UPSTREAM_BUSY, "no free upstream agent for '" + target + "'")
        : error(Failure.NO_UPSTREAM_AGENT, "no upstream agent for '" + target + "'");
  }

  /** Answers a request that no agent has; settles it before if need be. */
  void fail(InFlight request, Undispatched stage, EventError error, long now) {
    if (request.isFreeToGo()) {
      refuse(request, error, now);
    } else {
      move(request, stage.refuse(error), error.failure().code() + ", to be settled", now);
      outbox.settle(request);
    }
  }

  /** Answers a request that need not be settled any more. */
  void refuse(InFlight request, EventError error, long now) {
    table.forget(request, error.failure().code(), now);
    outbox.refuse(request, error, now);
  }

  static EventError error(Failure failure, String message) {
    return new EventError(failure, message, Hop.BROKER);
  }

  private static EventError nothingMoreToTry(InFlight request) {
    return request
        .lastError()
        .orElseGet(() -> error(Failure.UPSTREAM_BUSY, "no upstream agent took it"));
  }

  private void move(InFlight request, Stage to, String why, long now) {
    table.move(request, to, why, now);
  }
}
