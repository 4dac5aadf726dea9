package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.TimeLeft;
import io.github.httplongcut.upstream.core.RunState.AbortCause;
import io.github.httplongcut.upstream.core.RunState.Aborting;
import io.github.httplongcut.upstream.core.RunState.Answering;
import io.github.httplongcut.upstream.core.RunState.NotStarted;
import io.github.httplongcut.upstream.core.RunState.Running;
import io.github.httplongcut.upstream.core.RunState.Unanswered;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Takes or rejects requests, settles and runs the taken ones, answers them, and publishes the
 * heartbeats of the targets (docs/protocol.md section 4, "Upstream agent"). Each method handles one
 * event at a given time, changes the runner's state, and returns the effects that the caller must
 * carry out. One thread at a time calls the runner; times are {@code nanoTime}.
 *
 * <p>A taken request holds its slot until it is answered. {@link TargetStates} limits the answers
 * that wait for their confirm, so the agent takes fewer requests while RabbitMQ confirms too
 * slowly.
 */
public final class RequestRunner {

  /** Lowest status code of a server error (RFC 9110 section 15.6). */
  private static final int SERVER_ERROR = 500;

  private final RunnerSettings settings;
  private final Targets targets;
  private final Supplier<UUID> ids;
  private final RunnerJournal journal;
  private final RunnerEffects effects = new RunnerEffects();
  private final TargetStates states = new TargetStates();
  private final CancelledRequests cancelled = new CancelledRequests();
  private final Heartbeats heartbeats;
  private final TakenRequests taken;
  private final Answers answers;

  /**
   * Creates a runner without requests.
   *
   * @param targets the targets, and the agent's id, which the runner changes
   * @param ids generates {@code upstream_req_id}s
   * @param random random numbers from 0 to 1, for the pauses between heartbeats; the sequence must
   *     differ between processes
   */
  public RequestRunner(
      RunnerSettings settings,
      Targets targets,
      Supplier<UUID> ids,
      DoubleSupplier random,
      RunnerJournal journal) {
    this.settings = settings;
    this.targets = targets;
    this.ids = ids;
    this.journal = journal;
    this.heartbeats = new Heartbeats(settings, targets, states, effects, random);
    this.taken = new TakenRequests(states, heartbeats, journal);
    this.answers = new Answers(taken, effects, journal);
  }

  // Requests.

  /** Returns the target of a routing key; empty if the key is not one of this agent's. */
  public Optional<Target> targetOf(String routingKey) {
    return targets.ofRoutingKey(routingKey);
  }

  /** Takes the requests of a delivery, or rejects it as a whole. */
  public List<RunnerEffect> onRequests(RequestBatch batch, long now) {
    if (!batch.isConsistent() || hasSettled(batch)) {
      effects.discard(batch.receipt());
      return effects.take();
    }
    List<BrokerRequest> newRequests = newOnes(batch.requests());
    if (!newRequests.isEmpty() && !states.hasRoom(batch.target(), newRequests.size())) {
      reject(batch);
      return effects.take();
    }
    handleKnown(batch);
    List<TakenRequest> notStarted = takeAll(newRequests, batch, now);
    if (batch.isRepeatable()) {
      notStarted.forEach(each -> start(each, now));
    } else if (!notStarted.isEmpty()) {
      batch.receipt().startLater(notStarted);
      effects.settle(batch.receipt());
    }
    return effects.take();
  }

  /**
   * Returns whether the agent has taken a request of the message before, and one of the two copies
   * is not repeatable. Such a request was settled and cannot come back from RabbitMQ, so somebody
   * has published it again.
   */
  private boolean hasSettled(RequestBatch batch) {
    for (BrokerRequest each : batch.requests()) {
      Optional<TakenRequest> known = taken.find(each.brokerReqId());
      if (known.isPresent() && !(known.get().isRepeatable() && each.request().isRepeatable())) {
        return true;
      }
    }
    return false;
  }

  private void reject(RequestBatch batch) {
    Target target = batch.target();
    journal.rejected(target, batch.requests().size(), states.stateOf(target));
    heartbeats.onRejected(target);
    effects.reject(batch.receipt());
  }

  private List<BrokerRequest> newOnes(List<BrokerRequest> requests) {
    List<BrokerRequest> found = new ArrayList<>(requests.size());
    for (BrokerRequest each : requests) {
      if (!taken.contains(each.brokerReqId()) && !cancelled.contains(each)) {
        found.add(each);
      }
    }
    return found;
  }

  private void handleKnown(RequestBatch batch) {
    for (BrokerRequest each : batch.requests()) {
      Optional<TakenRequest> known = taken.find(each.brokerReqId());
      if (known.isPresent()) {
        known.get().redelivered(batch.receipt());
      } else if (cancelled.contains(each)) {
        effects.done(batch.receipt());
      }
    }
  }

  private List<TakenRequest> takeAll(List<BrokerRequest> requests, RequestBatch batch, long now) {
    List<TakenRequest> all = new ArrayList<>(requests.size());
    for (BrokerRequest each : requests) {
      BrokerRequestAck ack =
          new BrokerRequestAck(each.brokerReqId(), ids.get(), targets.upstreamId());
      TakenRequest request = new TakenRequest(each, ack, batch.target(), batch.receipt(), now);
      taken.add(request, now);
      all.add(request);
    }
    return all;
  }

  /** Handles a settled delivery: RabbitMQ cannot redeliver it. Starts the requests that waited. */
  public List<RunnerEffect> onSettled(RequestReceipt receipt, long now) {
    receipt.takeWaiting().forEach(each -> start(each, now));
    return effects.take();
  }

  private void start(TakenRequest request, long now) {
    if (request.state() instanceof NotStarted notStarted) { // not cancelled in the meantime
      answers.runGuarded(request, now, () -> startOrRefuse(request, notStarted, now));
    }
  }

  private void startOrRefuse(TakenRequest request, NotStarted state, long now) {
    if (states.isDraining()) {
      answers.fail(request, state, Failure.NOT_RUN, "the upstream agent is draining", now);
      return;
    }
    long ttl =
        Math.min(
            TimeLeft.millisForNextHop(request.endsAt(), now),
            request.target().timeout().toMillis());
    if (ttl <= 0) {
      answers.fail(request, state, Failure.NOT_RUN, "no time was left to run the request", now);
      return;
    }
    String url;
    try {
      url = request.target().rules().urlFor(request.http());
    } catch (CallRefusedException e) {
      answers.fail(request, state, e.failure(), e.getMessage(), now);
      return;
    }
    taken.move(request, state.run(now + ttl * 1_000_000L), now);
    journal.started(request, ttl, now);
    long left = TimeLeft.millis(request.endsAt(), now);
    effects.acknowledge(request, Math.min(settings.ackTimeout().toMillis(), left));
    effects.call(request, url);
  }

  // Calls.

  /** Handles the server's complete response. */
  public List<RunnerEffect> onResponse(TakenRequest request, Response response, long now) {
    if (request.state() instanceof Running running) {
      if (response.statusCode() < SERVER_ERROR) {
        states.serverAnswered(request.target());
      }
      answers.runGuarded(request, now, () -> answers.respond(request, running, response, now));
    }
    return effects.take();
  }

  /**
   * Handles a call that ended without a complete response.
   *
   * @param message one sentence for the caller or operator, without secrets
   */
  public List<RunnerEffect> onCallFailed(
      TakenRequest request, Failure failure, String message, long now) {
    if (request.state() instanceof Running running) {
      answers.runGuarded(request, now, () -> answers.fail(request, running, failure, message, now));
    }
    return effects.take();
  }

  /** Handles an aborted call: the point that it has reached decides the error. */
  public List<RunnerEffect> onAborted(TakenRequest request, CallProgress progress, long now) {
    if (request.state() instanceof Aborting aborting) { // else its broker has cancelled it
      answers.runGuarded(request, now, () -> answers.failAborted(request, aborting, progress, now));
    }
    return effects.take();
  }

  private void abort(TakenRequest request, Running state, AbortCause cause, long now) {
    taken.move(request, state.abort(cause), now);
    effects.abort(request);
  }

  // Answers, cancels, bugs.

  /** Handles the outcome of an answer's publication. */
  public List<RunnerEffect> onAnswerDone(TakenRequest request, AnswerOutcome outcome, long now) {
    if (request.state() instanceof Answering answering) {
      answers.onDone(request, answering, outcome, now);
    }
    return effects.take();
  }

  /**
   * Cancels a request: aborts its call, or never starts it, and publishes no answer. A cancel from
   * another user or broker than the request's, or after the answer, has no effect.
   *
   * @param user the RabbitMQ user that published the cancel
   */
  public List<RunnerEffect> onCancel(BrokerCancel cancel, String user, long now) {
    Optional<TakenRequest> known = taken.find(cancel.brokerReqId());
    boolean sameBroker = known.isEmpty() || known.get().brokerId().equals(cancel.brokerId());
    boolean answered = known.isPresent() && known.get().state() instanceof Answering;
    if (!cancel.brokerId().user().equals(user) || !sameBroker || answered) {
      return List.of();
    }
    cancelled.add(cancel, now);
    known.ifPresent(request -> cancel(request, now));
    return effects.take();
  }

  private void cancel(TakenRequest request, long now) {
    if (request.state() instanceof Running) {
      effects.abort(request);
    }
    if (request.state() instanceof Unanswered unanswered) {
      journal.cancelled(request, now);
      effects.done(request.receipt());
      taken.move(request, unanswered.cancel(), now);
    }
  }

  /** Handles an exception in an effect of the request. Ends the request. */
  public List<RunnerEffect> onBug(TakenRequest request, Throwable bug, long now) {
    answers.onBug(request, bug, now);
    return effects.take();
  }

  // The inbox, brokers, time.

  /** Handles a new inbox: later requests are taken under a new id. */
  public void onInboxReplaced(ProcessId newId) {
    ProcessId formerId = targets.upstreamId();
    targets.changeId(newId);
    heartbeats.onIdChanged(formerId, () -> taken.isBusyAs(formerId));
  }

  /** Notes that the inbox is consumed: requests reach the agent from now on. */
  public List<RunnerEffect> onConsuming(long now) {
    heartbeats.onConsuming(now);
    return effects.take();
  }

  /**
   * Handles the loss of the consuming connection. Forgets requests that have not started: RabbitMQ
   * gives them back. Running requests continue.
   */
  public List<RunnerEffect> onConsumingLost(long now) {
    heartbeats.onConsumingLost(now);
    for (TakenRequest request : taken.all()) {
      if (request.state() instanceof NotStarted notStarted) {
        journal.forgotten(request);
        taken.move(request, notStarted.forget(), now);
      }
    }
    return effects.take();
  }

  /** Handles a hello: its broker may not know this agent yet. */
  public List<RunnerEffect> onHello(long now) {
    heartbeats.onHello(now);
    return effects.take();
  }

  /** Aborts the calls whose time is up, and forgets old cancels. */
  public List<RunnerEffect> onTick(long now) {
    cancelled.onTick(now);
    for (TakenRequest request : taken.all()) {
      if (request.state() instanceof Running running && now - running.timeoutAt() >= 0) {
        abort(request, running, AbortCause.TIMEOUT, now);
      }
    }
    return effects.take();
  }

  /** Publishes the heartbeats that are due. */
  public List<RunnerEffect> onHeartbeatTick(long now) {
    heartbeats.onTick(now);
    return effects.take();
  }

  /** Returns the time until a heartbeat is due; MAX_VALUE if none is. */
  public long nanosToHeartbeat(long now) {
    return heartbeats.nanosToNext(now);
  }

  // Targets and the drain.

  /** Returns the number of the target's responses so far that have a status code below 500. */
  public long serverAnswers(Target target) {
    return states.serverAnswers(target);
  }

  /**
   * Withdraws the target, since its health check fails. No more requests are taken.
   *
   * @param reason one sentence for the heartbeats, which replaces that of an earlier failure
   */
  public List<RunnerEffect> withdraw(Target target, String reason, long now) {
    states.withdraw(target, reason);
    journal.withdrawn(target);
    taken.noteSlots(target);
    heartbeats.onChange(target, now);
    return effects.take();
  }

  /** Offers a withdrawn target again, since its health check passes. */
  public List<RunnerEffect> offer(Target target, long now) {
    states.offer(target);
    journal.offered(target);
    taken.noteSlots(target);
    heartbeats.onChange(target, now);
    return effects.take();
  }

  /** Notes a fault of the target's server for the next heartbeats; empty if it is over. */
  public void setFault(Target target, Optional<String> fault) {
    states.setFault(target, fault);
  }

  /** Starts the drain: no more requests are taken or started. Running requests may finish. */
  public List<RunnerEffect> beginDrain(long now) {
    states.drain();
    targets.all().forEach(taken::noteSlots);
    heartbeats.onChange(now);
    return effects.take();
  }

  /** Aborts the calls that still run when the drain's time is over. */
  public List<RunnerEffect> cutOff(long now) {
    for (TakenRequest request : taken.all()) {
      if (request.state() instanceof Running running) {
        abort(request, running, AbortCause.SHUTDOWN, now);
      }
    }
    return effects.take();
  }

  /** Publishes the last heartbeats, which say {@code gone}. */
  public List<RunnerEffect> markGone(long now) {
    states.markGone();
    heartbeats.onChange(now);
    return effects.take();
  }

  /** Returns whether the agent drains and holds no request. */
  public boolean isDrained() {
    return states.isDraining() && isIdle();
  }

  /** Returns the number of taken requests without an answer. */
  public int inFlight() {
    return targets.all().stream().mapToInt(states::inFlight).sum();
  }

  /** Returns whether every taken request is over, with its answer confirmed or given up. */
  public boolean isIdle() {
    return taken.isEmpty();
  }

  /** Returns the states of the targets. For tests. */
  TargetStates states() {
    return states;
  }
}
