package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.Dispatches.DispatchAttempt;
import io.github.httplongcut.broker.core.Stage.AtAgent;
import io.github.httplongcut.broker.core.Stage.Dispatched;
import io.github.httplongcut.broker.core.Stage.Refused;
import io.github.httplongcut.broker.core.Stage.Reserved;
import io.github.httplongcut.broker.core.Stage.Running;
import io.github.httplongcut.broker.core.Stage.Undispatched;
import io.github.httplongcut.broker.core.Stage.Waiting;
import io.github.httplongcut.loop.FairClock;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Routes every request (docs/protocol.md section 4, "Broker"). Each method handles one event at a
 * given time, changes the router's state, and returns the effects that the caller must carry out.
 * One thread at a time calls the router; times are {@code nanoTime}.
 *
 * <p>Timeouts on other processes are measured with the {@link FairClock}, which pauses while this
 * process cannot hear them ({@link #excludeTime}). The deadline of a request is measured with the
 * real clock.
 */
public final class Router {

  /**
   * Number of agents that may fail to reach the server without costing the request an attempt
   * (protocol section 4).
   */
  private static final int FREE_FAILURES = 10;

  private final RouterLimits limits;
  private final Journal journal;
  private final FairClock fair = new FairClock();
  private final AgentRegistry agents;
  private final RequestTable table;
  private final Effects effects;
  private final Placement placement;
  private final ForwardBudget forwards = new ForwardBudget();
  private final RouterCounters counters;
  private final KnownParties parties;
  private final RouterView view;

  /**
   * Creates a router without requests and agents.
   *
   * @param ids generates {@code broker_req_id}s
   * @param random draws the two agents between which the router chooses
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
    this.parties = new KnownParties(journal);
    this.table = new RequestTable(limits, agents, fair, ids, parties);
    this.effects = new Effects(brokerId, limits);
    this.placement = new Placement(limits, agents, table, effects, fair, journal);
    this.counters = placement.counters();
    StatusReporter reporter = new StatusReporter(agents, table, parties, fair);
    this.view = new RouterView(limits, agents, table, counters, reporter);
  }

  /** Handles a request. All requests of one delivery are passed with the same receipt. */
  public List<Effect> onClientRequest(ClientRequest event, Receipt receipt, long now) {
    if (event.clientReqTtl() < 1) {
      return dropRequest(DropReason.EXPIRED_REQUEST, receipt);
    }
    if (table.find(event.clientReqId()).isPresent()) {
      return dropRequest(DropReason.DUPLICATE_REQUEST, receipt);
    }
    parties.onRequest(event, receipt, now);
    long number = counters.countReceived();
    InFlight request = new InFlight(event, receipt, number, now, table.newBrokerReqId());
    table.add(request);
    if (!receipt.isLocal()) {
      effects.acknowledge(request);
    }
    Stage.Unassigned unassigned = new Stage.Unassigned();
    Optional<NoRoom> noRoom = table.room().noRoomFor(request, now);
    if (noRoom.isEmpty()) {
      table.admit(request);
      placement.place(request, unassigned, "received", now);
    } else {
      placement.refuseNoRoom(request, unassigned, noRoom.get(), now);
    }
    return placement.finish(now);
  }

  /**
   * Handles a settled delivery: RabbitMQ cannot redeliver it. Dispatches or answers the requests
   * that waited for that.
   */
  public List<Effect> onSettled(Receipt receipt, long now) {
    receipt.settled();
    for (InFlight request : receipt.requests()) {
      placement.runGuarded(request, now, () -> settled(request, now));
    }
    return placement.finish(now);
  }

  private void settled(InFlight request, long now) {
    if (request.stage() instanceof Reserved reserved) {
      placement.onSettled(request, reserved, now);
    } else if (request.stage() instanceof Refused refused) {
      placement.refuse(request, refused.error(), now);
    }
  }

  /** Handles the outcome of a dispatch's publication. */
  public List<Effect> onPublished(UUID brokerReqId, DispatchOutcome outcome, long now) {
    current(brokerReqId).ifPresent(attempt -> published(attempt, outcome, now));
    return placement.finish(now);
  }

  /** Handles a dispatch that RabbitMQ dead-lettered. The caller has settled the dead letter. */
  public List<Effect> onUndelivered(UUID brokerReqId, Undelivered reason, long now) {
    current(brokerReqId).ifPresent(attempt -> undelivered(attempt, reason, now));
    return placement.finish(now);
  }

  /**
   * Handles an upstream agent's ack: the agent runs the dispatch.
   *
   * @param user the RabbitMQ user that published the ack
   */
  public List<Effect> onAck(BrokerRequestAck ack, String user, long now) {
    Optional<DispatchAttempt> attempt = table.attempt(ack.brokerReqId());
    if (attempt.isEmpty()) {
      return List.of(); // the response or the error came before the ack
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    countSignOfLife(attempt.get(), now);
    if (attempt.get().current().orElse(null) instanceof Dispatched dispatched) {
      Running running = dispatched.run(fair.at(now) + limits.replyTimeout().toNanos());
      table.move(attempt.get().request(), running, "acked", now);
      return placement.finish(now);
    }
    return drop(DropReason.LATE);
  }

  /**
   * Handles an upstream server's response.
   *
   * @param user the RabbitMQ user that published the response
   */
  public List<Effect> onResponse(UpstreamResponse response, String user, long now) {
    Optional<DispatchAttempt> attempt = table.attempt(response.brokerReqId());
    if (attempt.isEmpty()) {
      if (ReplayId.isReplay(response.clientReqId())) {
        return drop(DropReason.REPLAY_OVER);
      }
      long bytes =
          response.response().headers().footprint() + response.response().body().footprint();
      if (!forwards.take(user, bytes, now)) {
        return drop(DropReason.TOO_MANY_FORWARDS);
      }
      counters.countForwarded();
      effects.forward(response, now);
      return placement.finish(now);
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    countSignOfLife(attempt.get(), now);
    agents.onResponse(
        attempt.get().request().target(),
        attempt.get().upstreamId(),
        response.response().statusCode(),
        fair.at(now));
    counters.countResponse();
    InFlight request = attempt.get().request();
    if (attempt.get().current().isEmpty()) { // an earlier attempt answered first
      cancelCurrent(request);
    }
    table.forget(request, Ending.answered(response.response().statusCode()), now);
    effects.respond(request, response, now);
    return placement.finish(now);
  }

  /**
   * Handles an upstream agent's error. The caller has settled the event's delivery.
   *
   * @param user the RabbitMQ user that published the error
   */
  public List<Effect> onError(UpstreamError error, String user, long now) {
    Optional<DispatchAttempt> attempt = table.attempt(error.brokerReqId());
    if (attempt.isEmpty()) {
      return drop(DropReason.LATE);
    }
    if (!isFrom(attempt.get(), user)) {
      return drop(DropReason.WRONG_SENDER);
    }
    countSignOfLife(attempt.get(), now);
    if (attempt.get().current().isEmpty()) {
      return drop(DropReason.LATE);
    }
    upstreamFailed(attempt.get(), error.error(), now);
    return placement.finish(now);
  }

  /**
   * Handles an orphaned error: it was published to a broker that is gone, or to this broker while
   * it did not consume its inbox.
   *
   * @param recipient the broker to which the agent published the error
   * @param user the RabbitMQ user that published the error
   */
  public List<Effect> onOrphanedError(
      UpstreamError error, ProcessId recipient, String user, long now) {
    if (table.attempt(error.brokerReqId()).isPresent()) {
      return onError(error, user, now);
    }
    if (ReplayId.isReplay(error.clientReqId())) {
      return drop(DropReason.REPLAY_OVER);
    }
    if (!forwards.take(user, error.error().message().length(), now)) {
      return drop(DropReason.TOO_MANY_FORWARDS);
    }
    counters.countForwarded();
    effects.forwardOrphan(
        error.clientId(),
        new BrokerError(error.clientReqId(), error.brokerReqId(), error.error())
            .orphanOf(recipient),
        now);
    return placement.finish(now);
  }

  /**
   * Handles an orphaned dead letter: a dispatch of a broker that is gone, or of this broker while
   * it did not consume its inbox.
   */
  public List<Effect> onOrphanedRequest(BrokerRequest request, long now) {
    if (table.attempt(request.brokerReqId()).isPresent()) {
      return onUndelivered(request.brokerReqId(), Undelivered.DEAD_LETTERED, now);
    }
    if (ReplayId.isReplay(request.clientReqId())) {
      return drop(DropReason.REPLAY_OVER);
    }
    counters.countForwarded();
    effects.forwardOrphan(
        request.clientId(),
        new BrokerError(
                request.clientReqId(),
                request.brokerReqId(),
                Placement.error(Failure.NOT_RUN, "the broker that dispatched it is gone"))
            .orphanOf(request.brokerId()),
        now);
    return placement.finish(now);
  }

  /** Handles an upstream agent's heartbeat: registers or updates the agent. */
  public List<Effect> onHeartbeat(UpstreamHeartbeat heartbeat, long now) {
    if (!agents.onHeartbeat(heartbeat, fair.at(now))) {
      journal.agentRefused(heartbeat.upstreamId(), heartbeat.upstreamTarget());
      return drop(DropReason.TOO_MANY_AGENTS);
    }
    parties.targets().onHeartbeat(heartbeat, now);
    table.markForServing(heartbeat.upstreamTarget());
    return placement.finish(now);
  }

  /** Handles a client agent's cancel: its caller no longer waits for the response. */
  public List<Effect> onCancel(ClientCancel cancel, long now) {
    Optional<InFlight> found = table.find(cancel.clientReqId());
    if (found.isEmpty() || !found.get().event().clientId().equals(cancel.clientId())) {
      return drop(DropReason.CANCEL_WITHOUT_REQUEST);
    }
    InFlight request = found.get();
    List<DispatchAttempt> attempts = table.attemptsOf(request); // an earlier one may still run
    table.forget(request, Ending.cancelled(), now);
    attempts.forEach(effects::cancel);
    effects.done(request.receipt());
    return placement.finish(now);
  }

  /** Checks every request's deadline and every agent's heartbeats. */
  public List<Effect> onTick(long now) {
    forwards.onTick(now);
    Set<Agent> lost = agents.onTick(fair.at(now));
    lost.forEach(agent -> parties.targets().onSilent(agent, now));
    for (InFlight request : table.all()) {
      placement.runGuarded(request, now, () -> tick(request, lost, now));
    }
    return placement.finish(now);
  }

  private void tick(InFlight request, Set<Agent> lost, long now) {
    if (now - request.deadline() >= 0) {
      outOfTime(request, now);
    } else if (request.stage() instanceof Running running
        && lost.contains(running.assignedAgent())) {
      mayHaveRun(request, running, DispatchFailure.AGENT_LOST, now);
    } else {
      checkWait(request, fair.at(now), now);
    }
  }

  /**
   * Handles an exception from {@link #onClientRequest}. Answers the request with {@code
   * internal_error} if the router has registered it; otherwise only marks it as done.
   *
   * @param receipt the receipt of the request's delivery
   */
  public List<Effect> onBug(ClientRequest event, Receipt receipt, long now) {
    Optional<InFlight> request = table.find(event.clientReqId());
    if (request.isPresent()) {
      placement.refuseAfterBug(request.get(), now);
    } else {
      effects.done(receipt);
    }
    return placement.finish(now);
  }

  /** Notes that the broker's own queues are consumed: it receives heartbeats from now on. */
  public void onConsuming(long now) {
    placement.onConsuming(now);
  }

  /**
   * Handles the loss of the consuming connection. Forgets every request that is not settled, since
   * RabbitMQ redelivers it to this broker or another one, and cancels its current attempt. Keeps
   * settled requests: RabbitMQ does not redeliver them.
   */
  public List<Effect> onConsumingLost(long now) {
    for (InFlight request : table.all()) {
      if (!request.receipt().isSettled()) {
        cancelCurrent(request);
        table.forget(request, Ending.lost("consuming connection lost"), now);
      }
    }
    return placement.finish(now);
  }

  /**
   * Handles a new inbox: the old one is out of reach, and the broker continues under a new id.
   * Forgets the requests that are with an agent, as if this broker had ended. The agents publish
   * their answers to the old id, so the answers reach the client agent as orphans (docs/protocol.md
   * section 4, "Orphans"). An error from this broker, such as {@code upstream_ack_timeout}, could
   * contradict them.
   */
  public List<Effect> onInboxReplaced(ProcessId newId, long now) {
    effects.setBrokerId(newId);
    for (InFlight request : table.all()) {
      if (request.stage() instanceof AtAgent) {
        table.forget(request, Ending.lost("inbox replaced"), now);
      }
    }
    return placement.finish(now);
  }

  /**
   * Extends the timeouts on other processes by this time, in which this process could not hear
   * them.
   */
  public void excludeTime(long nanos) {
    fair.exclude(nanos);
  }

  /**
   * Resumes dispatching: RabbitMQ takes publications. {@link DispatchOutcome#NOT_WRITTEN} pauses
   * it.
   */
  public List<Effect> onPublishing(long now) {
    placement.resume();
    return placement.finish(now);
  }

  /**
   * Starts the drain. Answers requests that wait, arrive or come back from an agent with {@code
   * not_run}, so that the client agent publishes them to another broker at once. Requests that are
   * with an agent may finish.
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

  /** Returns whether no request is in flight. */
  public boolean isIdle() {
    return table.isEmpty();
  }

  /** Returns whether ticks may be rare: no request is in flight, and none was a moment ago. */
  public boolean isQuiet() {
    return table.isEmpty() && agents.areAtRest();
  }

  /** Returns a view of the router's state. It belongs to the thread that calls the router. */
  public RouterView view() {
    return view;
  }

  /** Returns the slots in use, attempts and waiting requests together: 0 if idle. For tests. */
  int leftovers() {
    return agents.outstanding() + table.attempts() + table.waitingRoom().size();
  }

  // The rows of the table of dispatch events in docs/protocol.md section 4.

  private void published(DispatchAttempt attempt, DispatchOutcome outcome, long now) {
    InFlight request = attempt.request();
    if (!(request.stage() instanceof Dispatched dispatched)) {
      return; // the agent's ack came before the confirm
    }
    switch (outcome) {
      case CONFIRMED, UNKNOWN -> {
        long checkAt = fair.at(now) + 2 * limits.ackTimeout().toNanos();
        String why = outcome == DispatchOutcome.CONFIRMED ? "confirmed" : "no confirm came";
        table.move(request, dispatched.checkedAt(checkAt), why, now);
      }
      case RETURNED -> neverRan(request, dispatched, DispatchFailure.RETURNED, now);
      case INBOX_BUSY -> neverRan(request, dispatched, DispatchFailure.INBOX_BUSY, now);
      case NACKED -> mayHaveRun(request, dispatched, DispatchFailure.NACKED, now);
      case NOT_WRITTEN -> {
        placement.pause();
        request.refundAttempt();
        placeAgain(request, dispatched, DispatchFailure.NOT_WRITTEN, now);
        table.forgetAttempt(request, attempt.brokerReqId());
      }
    }
  }

  private void undelivered(DispatchAttempt attempt, Undelivered reason, long now) {
    InFlight request = attempt.request();
    AtAgent at = attempt.current().orElseThrow();
    if (at instanceof Running) {
      request.setMayHaveRun(); // its agent has lost the delivery, not the call
    }
    if (reason == Undelivered.REJECTED) {
      request.refundAttempt();
      agents.onRejected(at.assignedAgent());
      placeAgain(request, at, DispatchFailure.REJECTED, now);
      // Rejections are unlimited, so remembered attempts would be, too.
      table.forgetAttempt(request, attempt.brokerReqId());
    } else {
      neverRan(request, at, DispatchFailure.DEAD_LETTERED, now);
    }
  }

  private void upstreamFailed(DispatchAttempt attempt, EventError error, long now) {
    InFlight request = attempt.request();
    AtAgent at = attempt.current().orElseThrow();
    if (error.failure() == Failure.NOT_RUN) {
      neverRan(request, at, DispatchFailure.NOT_RUN, now);
      return;
    }
    if (error.failure() == Failure.UPSTREAM_UNREACHABLE) {
      agents.onUnreachable(at.assignedAgent(), fair.at(now));
      request.unreachableFrom().add(at.assignedAgent().id());
      if (agents.hasLive(request.target(), request.unreachableFrom())) {
        request.setLastError(error);
        if (request.unreachableFrom().size() <= FREE_FAILURES) {
          request.refundAttempt();
        }
        placeAgain(request, at, DispatchFailure.UNREACHABLE, now);
        return;
      }
      counters.countFailure(DispatchFailure.UNREACHABLE);
    }
    placement.refuse(request, error, now);
  }

  private void neverRan(InFlight request, AtAgent at, DispatchFailure why, long now) {
    boolean returned = why == DispatchFailure.RETURNED;
    agents.setStanding(
        at.assignedAgent(), returned ? Agent.Standing.RETURNED : Agent.Standing.SUSPECT);
    placeAgain(request, at, why, now);
  }

  private void mayHaveRun(InFlight request, AtAgent at, DispatchFailure why, long now) {
    agents.setStanding(at.assignedAgent(), Agent.Standing.SUSPECT);
    Failure failure =
        why == DispatchFailure.AGENT_LOST
            ? Failure.UPSTREAM_AGENT_LOST
            : Failure.UPSTREAM_ACK_TIMEOUT;
    EventError error =
        Placement.error(failure, "upstream agent " + at.assignedAgent().id() + ": " + why.why());
    if (request.isRepeatable()) {
      request.setLastError(error);
      request.setMayHaveRun();
      placeAgain(request, at, why, now);
    } else {
      counters.countFailure(why);
      placement.refuse(request, error, now);
    }
  }

  private void placeAgain(InFlight request, AtAgent at, DispatchFailure why, long now) {
    counters.countFailure(why);
    placement.placeAgain(request, at, why, now);
  }

  // Time.

  private void checkWait(InFlight request, long fairNow, long now) {
    Stage stage = request.stage();
    if (stage instanceof Waiting waiting) {
      long waited = request.waitedNanos() + fairNow - waiting.since();
      if (waited >= limits.waitTimeout().toNanos()) {
        placement.failNoFreeAgent(request, waiting, now);
      }
    } else if (stage instanceof Dispatched dispatched) {
      if (dispatched.checkAt().isPresent() && fairNow - dispatched.checkAt().get() >= 0) {
        mayHaveRun(request, dispatched, DispatchFailure.NO_ACK, now);
      }
    } else if (stage instanceof Running running && fairNow - running.replyBy() >= 0) {
      noReply(request, running, now);
    }
  }

  /** Answers a request at its deadline. The error depends on the request's stage. */
  private void outOfTime(InFlight request, long now) {
    Stage stage = request.stage();
    if (stage instanceof Undispatched undispatched) {
      placement.failNoFreeAgent(request, undispatched, now);
    } else if (stage instanceof Running running) {
      noReply(request, running, now);
    } else if (stage instanceof Dispatched dispatched) {
      String message = "upstream agent " + dispatched.assignedAgent().id() + " did not ack in time";
      placement.refuse(request, Placement.error(Failure.UPSTREAM_ACK_TIMEOUT, message), now);
    }
  }

  private void noReply(InFlight request, Running running, long now) {
    String message = "upstream agent " + running.assignedAgent().id() + " did not reply in time";
    placement.refuse(request, Placement.error(Failure.UPSTREAM_REPLY_TIMEOUT, message), now);
  }

  // Helpers.

  /** Tells the agent that has the request, if there is one, to stop running it. */
  private void cancelCurrent(InFlight request) {
    if (request.stage() instanceof AtAgent at) {
      table.attempt(at.brokerReqId()).ifPresent(effects::cancel);
    }
  }

  private Optional<DispatchAttempt> current(UUID brokerReqId) {
    return table.attempt(brokerReqId).filter(attempt -> attempt.current().isPresent());
  }

  /** Counts any event from an agent about a dispatch as a sign of life. */
  private void countSignOfLife(DispatchAttempt attempt, long now) {
    agents.onSignOfLife(attempt.request().target(), attempt.upstreamId(), fair.at(now));
  }

  private static boolean isFrom(DispatchAttempt attempt, String user) {
    return attempt.upstreamId().user().equals(user);
  }

  private List<Effect> drop(DropReason why) {
    counters.countDrop(why);
    return List.of();
  }

  private List<Effect> dropRequest(DropReason why, Receipt receipt) {
    effects.done(receipt);
    drop(why);
    return effects.take();
  }
}
