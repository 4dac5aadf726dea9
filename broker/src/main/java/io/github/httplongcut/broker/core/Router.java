package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.Dispatches.Attempt;
import io.github.httplongcut.broker.core.Stage.AtAgent;
import io.github.httplongcut.broker.core.Stage.Dispatched;
import io.github.httplongcut.broker.core.Stage.Refused;
import io.github.httplongcut.broker.core.Stage.Reserved;
import io.github.httplongcut.broker.core.Stage.Running;
import io.github.httplongcut.broker.core.Stage.Undispatched;
import io.github.httplongcut.broker.core.Stage.Waiting;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Decides the way of every request (docs/protocol.md section 4, "Broker"): each method is one thing
 * that happens, at a time, and gives what is to be done about it. Its own state changes first. One
 * thread calls it; times are {@code nanoTime}.
 *
 * <p>Waits for others are measured on a fair clock, which stands still while this process could not
 * hear them ({@link #excuse}); a request's own deadline is real.
 */
public final class Router {

  /** Agents that may fail for a request while others are untried, and cost it no attempt. */
  private static final int MOST_FAILED = 10;

  private final RouterLimits limits;
  private final Journal journal;
  private final FairClock fair = new FairClock();
  private final AgentRegistry agents;
  private final RequestTable table;
  private final Effects outbox;
  private final Placement placement;
  private final ForwardBudget forwards = new ForwardBudget();
  private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
  private long received;
  private long responses;
  private long forwarded;

  /**
   * A router that holds nothing and knows nobody.
   *
   * @param ids gives new {@code broker_req_id}s
   * @param random draws the agents of which one is chosen
   */
  public Router(
      ProcessId brokerId,
      RouterLimits limits,
      Supplier<UUID> ids,
      RandomGenerator random,
      Journal journal) {
    this.limits = limits;
    this.journal = journal;
    this.agents = new AgentRegistry(limits.agents(), random);
    this.table = new RequestTable(limits, agents, fair, ids, journal);
    this.outbox = new Effects(brokerId, limits);
    this.placement = new Placement(limits, agents, table, outbox, fair, journal);
  }

  /** A request came. Its delivery may hold others, which come with the same receipt. */
  public List<Effect> onClientRequest(ClientRequest event, Receipt receipt, long now) {
    if (event.clientReqTtl() < 1) {
      return dropRequest(DropReason.EXPIRED_REQUEST, receipt);
    }
    if (table.find(event.clientReqId()).isPresent()) {
      return dropRequest(DropReason.DUPLICATE_REQUEST, receipt);
    }
    long endsAt = now + event.clientReqTtl() * 1_000_000L;
    InFlight request = new InFlight(event, receipt, ++received, endsAt, table.newBrokerReqId());
    table.add(request);
    outbox.acknowledge(request);
    Stage.Unassigned unassigned = new Stage.Unassigned();
    Optional<NoRoom> noRoom = table.room().noRoomFor(request, now);
    if (noRoom.isEmpty()) {
      table.admit(request);
      placement.place(request, unassigned, "received", now);
    } else {
      placement.noPlace(request, unassigned, noRoom.get(), now);
    }
    return placement.finish(now);
  }

  /** The delivery can no longer come back: what was settled for is done. */
  public List<Effect> onSettled(Receipt receipt, long now) {
    receipt.settled();
    for (InFlight request : receipt.requests()) {
      placement.guarded(request, now, () -> settled(request, now));
    }
    return placement.finish(now);
  }

  private void settled(InFlight request, long now) {
    if (request.stage() instanceof Reserved reserved) {
      placement.settled(request, reserved, now);
    } else if (request.stage() instanceof Refused refused) {
      placement.refuse(request, refused.error(), now);
    }
  }

  /** A dispatch's publication has come to its end. */
  public List<Effect> onPublished(UUID brokerReqId, DispatchOutcome fate, long now) {
    current(brokerReqId).ifPresent(attempt -> published(attempt, fate, now));
    return placement.finish(now);
  }

  /** A dispatch came back as a dead letter; if it is not repeatable, the dead letter is settled. */
  public List<Effect> onUndelivered(UUID brokerReqId, Undelivered reason, long now) {
    current(brokerReqId).ifPresent(attempt -> undelivered(attempt, reason, now));
    return placement.finish(now);
  }

  /**
   * An upstream agent runs a dispatch.
   *
   * @param user who says so
   */
  public List<Effect> onAck(BrokerRequestAck ack, String user, long now) {
    Optional<Attempt> attempt = table.attempt(ack.brokerReqId());
    if (attempt.isEmpty()) {
      return List.of(); // the answer was faster
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    lives(attempt.get(), now);
    if (attempt.get().current().orElse(null) instanceof Dispatched dispatched) {
      Running running = dispatched.run(fair.at(now) + limits.replyTimeout().toNanos());
      table.move(attempt.get().request(), running, "acked", now);
      return placement.finish(now);
    }
    return drop(DropReason.LATE);
  }

  /**
   * The upstream server has answered.
   *
   * @param user who says so
   */
  public List<Effect> onResponse(UpstreamResponse response, String user, long now) {
    Optional<Attempt> attempt = table.attempt(response.brokerReqId());
    if (attempt.isEmpty()) {
      long bytes =
          response.response().headers().footprint() + response.response().body().footprint();
      if (!forwards.take(user, bytes, now)) {
        return drop(DropReason.TOO_MANY_FORWARDS);
      }
      forwarded++;
      outbox.forward(response, now);
      return placement.finish(now);
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    lives(attempt.get(), now);
    agents.onAnswer(
        attempt.get().request().target(),
        attempt.get().upstreamId(),
        response.response().statusCode(),
        fair.at(now));
    responses++;
    InFlight request = attempt.get().request();
    if (attempt.get().current().isEmpty()) { // an earlier one was faster than the current one
      cancelCurrent(request);
    }
    table.forget(request, "answered", now);
    outbox.respond(request, response, now);
    return placement.finish(now);
  }

  /**
   * An upstream agent has no answer; if the request is not repeatable, the event is settled.
   *
   * @param user who says so
   */
  public List<Effect> onError(UpstreamError error, String user, long now) {
    Optional<Attempt> attempt = table.attempt(error.brokerReqId());
    if (attempt.isEmpty()) {
      return drop(DropReason.LATE);
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    lives(attempt.get(), now);
    if (attempt.get().current().isEmpty()) {
      return drop(DropReason.LATE);
    }
    upstreamFailed(attempt.get(), error.error(), now);
    return placement.finish(now);
  }

  /**
   * An error that was for a broker that is gone, or for this one while it did not listen.
   *
   * @param saidTo that broker
   */
  public List<Effect> onOrphanedError(
      UpstreamError error, ProcessId saidTo, String user, long now) {
    if (table.attempt(error.brokerReqId()).isPresent()) {
      return onError(error, user, now);
    }
    if (!forwards.take(user, error.error().message().length(), now)) {
      return drop(DropReason.TOO_MANY_FORWARDS);
    }
    forwarded++;
    outbox.forwardOrphan(
        error.clientId(),
        new BrokerError(error.clientReqId(), error.brokerReqId(), error.error()).orphanOf(saidTo),
        now);
    return placement.finish(now);
  }

  /** A dead letter that was for a broker that is gone, or for this one while it did not listen. */
  public List<Effect> onOrphanedRequest(BrokerRequest request, long now) {
    if (table.attempt(request.brokerReqId()).isPresent()) {
      return onUndelivered(request.brokerReqId(), Undelivered.DEAD_LETTERED, now);
    }
    forwarded++;
    outbox.forwardOrphan(
        request.clientId(),
        new BrokerError(
                request.clientReqId(),
                request.brokerReqId(),
                Placement.error(Failure.NOT_RUN, "its broker is gone"))
            .orphanOf(request.brokerId()),
        now);
    return placement.finish(now);
  }

  /** An upstream agent lives. */
  public List<Effect> onHeartbeat(UpstreamHeartbeat heartbeat, long now) {
    if (!agents.onHeartbeat(heartbeat, fair.at(now))) {
      journal.agentRefused(heartbeat.upstreamId(), heartbeat.upstreamTarget());
      return drop(DropReason.TOO_MANY_AGENTS);
    }
    table.freed(heartbeat.upstreamTarget());
    return placement.finish(now);
  }

  /** Nobody waits for the request any more. */
  public List<Effect> onCancel(ClientCancel cancel, long now) {
    Optional<InFlight> found = table.find(cancel.clientReqId());
    if (found.isEmpty() || !found.get().event().clientId().equals(cancel.clientId())) {
      return drop(DropReason.CANCEL_WITHOUT_REQUEST);
    }
    InFlight request = found.get();
    List<Attempt> attempts = table.attemptsOf(request); // an earlier one may run still
    table.forget(request, "cancelled", now);
    attempts.forEach(outbox::cancel);
    outbox.done(request.receipt());
    return placement.finish(now);
  }

  /** Checks every deadline and every agent. */
  public List<Effect> onTick(long now) {
    forwards.onTick(now);
    Set<Agent> lost = agents.onTick(fair.at(now));
    for (InFlight request : table.all()) {
      placement.guarded(request, now, () -> tick(request, lost, now));
    }
    return placement.finish(now);
  }

  private void tick(InFlight request, Set<Agent> lost, long now) {
    if (now - request.deadline() >= 0) {
      outOfTime(request, now);
    } else if (request.stage() instanceof Running running && lost.contains(running.with())) {
      mayHaveRun(request, running, Failure.UPSTREAM_AGENT_LOST, "its heartbeats stay away", now);
    } else {
      checkWait(request, fair.at(now), now);
    }
  }

  /**
   * A bug showed while a request was received: it is answered {@code internal_error}, or forgotten.
   *
   * @param receipt of its delivery
   */
  public List<Effect> onBug(ClientRequest event, Receipt receipt, long now) {
    Optional<InFlight> request = table.find(event.clientReqId());
    if (request.isPresent()) {
      placement.giveUp(request.get(), now);
    } else {
      outbox.done(receipt);
    }
    return placement.finish(now);
  }

  /** This broker hears the agents' heartbeats. Requests come once {@link Intake} says so. */
  public void onConsuming(long now) {
    placement.listens(now);
  }

  /**
   * What was consumed and is not settled goes to somebody else, or comes again: it is forgotten,
   * and cancelled where it runs. What is settled is nobody's but ours.
   */
  public List<Effect> onConsumingLost(long now) {
    for (InFlight request : table.all()) {
      if (!request.receipt().isSettled()) {
        cancelCurrent(request);
        table.forget(request, "consuming connection lost", now);
      }
    }
    return placement.finish(now);
  }

  /**
   * The inbox is out of reach, and this broker goes on under another id. What is with an agent is
   * forgotten, as if this broker had ended: what is said of it goes to the old id, and so as an
   * orphan to the client agent (docs/protocol.md section 4, "Orphans"). Another word of ours, such
   * as that the agent has not acked, could only be wrong.
   */
  public List<Effect> onInboxReplaced(ProcessId newId, long now) {
    outbox.speakAs(newId);
    for (InFlight request : table.all()) {
      if (request.stage() instanceof AtAgent) {
        table.forget(request, "inbox replaced", now);
      }
    }
    return placement.finish(now);
  }

  /** This process could not hear others for that long: it does not count against them. */
  public void excuse(long nanos) {
    fair.excuse(nanos);
  }

  /**
   * RabbitMQ takes publications: after {@link DispatchOutcome#NOT_WRITTEN} nothing is dispatched
   * before.
   */
  public List<Effect> onPublishing(long now) {
    placement.resume();
    return placement.finish(now);
  }

  /**
   * Dispatches nothing more. What waits, comes or comes back is answered {@code not_run}, so that
   * the client agent goes to another broker at once; what is with an agent may finish.
   */
  public List<Effect> beginDrain(long now) {
    placement.drain();
    for (InFlight request : table.all()) {
      if (request.stage() instanceof Waiting waiting) {
        placement.place(request, waiting, "drain", now);
      }
    }
    return placement.finish(now);
  }

  /** Whether nothing is in flight. */
  public boolean isIdle() {
    return table.isEmpty();
  }

  /** Whether nothing is in flight, and nothing was a moment ago: ticks may come seldom. */
  public boolean isQuiet() {
    return table.isEmpty() && agents.areAtRest();
  }

  /** Returns the load that {@link Intake} decides by. */
  public Intake.Load load() {
    WaitingRoom room = table.waitingRoom();
    int free = Math.max(0, limits.waiting().total() - room.size());
    // About what one target may still have: a share of it, or all but the reserve for others.
    return new Intake.Load(
        table.room().size(), room.size(), room.hasSeveralTargets() ? free / 2 : free * 9 / 10);
  }

  /** What it holds and has done. */
  public RouterStats stats() {
    return new RouterStats(
        table.holds(),
        table.room().bytes(),
        agents.size(),
        new RouterStats.Totals(
            received, placement.dispatches(), responses, forwarded, Map.copyOf(drops)),
        new RouterStats.Forgotten(agents.silent(), agents.displaced()));
  }

  /** Slots that it believes in use and attempts that it remembers: none when it is idle. */
  int leftovers() {
    return agents.outstanding() + table.attempts() + table.waitingRoom().size();
  }

  // The table of section 4: what is heard of a dispatch.

  private void published(Attempt attempt, DispatchOutcome fate, long now) {
    InFlight request = attempt.request();
    if (!(request.stage() instanceof Dispatched dispatched)) {
      return; // acked before the confirm came
    }
    switch (fate) {
      case CONFIRMED, UNKNOWN -> {
        long checkAt = fair.at(now) + 2 * limits.ackTimeout().toNanos();
        String why = fate == DispatchOutcome.CONFIRMED ? "confirmed" : "no confirm came";
        table.move(request, dispatched.checkedAt(checkAt), why, now);
      }
      case RETURNED -> neverRan(request, dispatched, Agent.Standing.RETURNED, "returned", now);
      case NOT_TAKEN ->
          neverRan(request, dispatched, Agent.Standing.SUSPECT, "its inbox is busy", now);
      case NACKED -> mayHaveRun(request, dispatched, Failure.UPSTREAM_ACK_TIMEOUT, "nacked", now);
      case NOT_WRITTEN -> {
        placement.pause();
        request.refund();
        placement.comeBack(request, dispatched, "not written", now);
        table.forgetAttempt(request, attempt.brokerReqId());
      }
    }
  }

  private void undelivered(Attempt attempt, Undelivered reason, long now) {
    InFlight request = attempt.request();
    AtAgent at = attempt.current().orElseThrow();
    if (reason == Undelivered.REJECTED) {
      request.refund();
      agents.rejected(at.with());
      placement.comeBack(request, at, "rejected", now);
      table.forgetAttempt(request, attempt.brokerReqId()); // or agents could reject it for ever
    } else {
      neverRan(request, at, Agent.Standing.SUSPECT, "dead letter", now);
    }
  }

  private void upstreamFailed(Attempt attempt, EventError error, long now) {
    InFlight request = attempt.request();
    AtAgent at = attempt.current().orElseThrow();
    if (error.failure() == Failure.NOT_RUN) {
      neverRan(request, at, Agent.Standing.SUSPECT, "not run", now);
      return;
    }
    if (error.failure() == Failure.UPSTREAM_UNREACHABLE) {
      agents.failed(at.with(), fair.at(now));
      request.unreachableFrom().add(at.with().id());
      if (agents.hasLive(request.target(), request.unreachableFrom())) {
        request.failed(error);
        if (request.unreachableFrom().size() < MOST_FAILED) {
          request.refund();
        }
        placement.comeBack(request, at, "unreachable", now);
        return;
      }
    }
    placement.refuse(request, error, now);
  }

  private void neverRan(
      InFlight request, AtAgent at, Agent.Standing standing, String why, long now) {
    agents.mark(at.with(), standing);
    placement.comeBack(request, at, why, now);
  }

  private void mayHaveRun(InFlight request, AtAgent at, Failure failure, String why, long now) {
    agents.mark(at.with(), Agent.Standing.SUSPECT);
    EventError error = Placement.error(failure, "upstream agent " + at.with().id() + ": " + why);
    if (request.isRepeatable()) {
      request.failed(error);
      placement.comeBack(request, at, why, now);
    } else {
      placement.refuse(request, error, now);
    }
  }

  // Time.

  private void checkWait(InFlight request, long fairNow, long now) {
    Stage stage = request.stage();
    if (stage instanceof Waiting waiting) {
      long waited = request.waited() + fairNow - waiting.since();
      if (waited >= limits.waitTimeout().toNanos()) {
        placement.nobodyFree(request, waiting, now);
      }
    } else if (stage instanceof Dispatched dispatched) {
      if (dispatched.checkAt().isPresent() && fairNow - dispatched.checkAt().get() >= 0) {
        mayHaveRun(
            request, dispatched, Failure.UPSTREAM_ACK_TIMEOUT, "neither ack nor dead letter", now);
      }
    } else if (stage instanceof Running running && fairNow - running.replyBy() >= 0) {
      noReply(request, running, now);
    }
  }

  /** Its client agent is about to give up: the state says what it was waiting for. */
  private void outOfTime(InFlight request, long now) {
    Stage stage = request.stage();
    if (stage instanceof Undispatched undispatched) {
      placement.nobodyFree(request, undispatched, now);
    } else if (stage instanceof Running running) {
      noReply(request, running, now);
    } else if (stage instanceof Dispatched dispatched) {
      String message = "upstream agent " + dispatched.with().id() + " has not acked in time";
      placement.refuse(request, Placement.error(Failure.UPSTREAM_ACK_TIMEOUT, message), now);
    }
  }

  private void noReply(InFlight request, Running running, long now) {
    String message = "upstream agent " + running.with().id() + " has not replied in time";
    placement.refuse(request, Placement.error(Failure.UPSTREAM_REPLY_TIMEOUT, message), now);
  }

  // Small things.

  /** Nobody waits for what the agent that has it runs, if one has it. */
  private void cancelCurrent(InFlight request) {
    if (request.stage() instanceof AtAgent at) {
      table.attempt(at.brokerReqId()).ifPresent(outbox::cancel);
    }
  }

  private Optional<Attempt> current(UUID brokerReqId) {
    return table.attempt(brokerReqId).filter(attempt -> attempt.current().isPresent());
  }

  /** Whatever an agent says of a dispatch, it lives. */
  private void lives(Attempt attempt, long now) {
    agents.onSignOfLife(attempt.request().target(), attempt.upstreamId(), fair.at(now));
  }

  private static boolean isFrom(Attempt attempt, String user) {
    return attempt.upstreamId().user().equals(user);
  }

  private List<Effect> drop(DropReason why) {
    drops.merge(why, 1L, Long::sum);
    return List.of();
  }

  private List<Effect> dropRequest(DropReason why, Receipt receipt) {
    outbox.done(receipt);
    drop(why);
    return outbox.take();
  }
}
