package io.github.httplongcut.upstream;

import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.upstream.core.AnswerOutcome;
import io.github.httplongcut.upstream.core.AnswerTries;
import io.github.httplongcut.upstream.core.CallProgress;
import io.github.httplongcut.upstream.core.RequestBatch;
import io.github.httplongcut.upstream.core.RequestReceipt;
import io.github.httplongcut.upstream.core.RequestRunner;
import io.github.httplongcut.upstream.core.RunnerEffect;
import io.github.httplongcut.upstream.core.TakenRequest;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.http.HttpCaller;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the events of the session, the results of calls and the ticks to the {@link
 * RequestRunner}, and carries out the runner's effects. An exception in an effect affects only the
 * request of that effect. All methods belong to the loop.
 */
final class RunnerLoop implements SessionListener, HealthChecks.TargetHealth {

  private static final Logger log = LoggerFactory.getLogger(RunnerLoop.class);

  private final RequestRunner runner;
  private final Session session;
  private final HttpCaller http;
  private final Executor loop;
  private final LongSupplier clock;
  private final Guard guard = new Guard();
  private final ServerFaults faults;

  /** Calls that have no result and are not aborted. */
  private final IdentityHashMap<TakenRequest, HttpCaller.Call> calls = new IdentityHashMap<>();

  /**
   * @param loop runs the callbacks of calls
   * @param clock the clock of the loop
   */
  RunnerLoop(
      RequestRunner runner, Session session, HttpCaller http, Executor loop, LongSupplier clock) {
    this.runner = runner;
    this.session = session;
    this.http = http;
    this.loop = loop;
    this.clock = clock;
    this.faults = new ServerFaults(InstantSource.system(), runner::setFault);
  }

  // Events.

  @Override
  public void onDelivery(Delivery delivery) {
    switch (delivery.type()) {
      case BROKER_REQUEST -> onRequests(delivery);
      case BROKER_CANCEL -> onCancels(delivery);
      case BROKER_HELLO -> {
        perform(runner.onHello(now()));
        delivery.ack();
      }
      case CLIENT_REQUEST,
          CLIENT_REQUEST_ACK,
          BROKER_REQUEST_ACK,
          UPSTREAM_RESPONSE,
          UPSTREAM_ERROR,
          BROKER_RESPONSE,
          BROKER_ERROR,
          UPSTREAM_HEARTBEAT,
          BROKER_STATUS,
          CLIENT_CANCEL ->
          delivery.discard(DiscardReason.WRONG_RECEIVER);
    }
  }

  private void onRequests(Delivery delivery) {
    Optional<Target> target = runner.targetOf(delivery.envelope().routingKey());
    if (target.isEmpty()) {
      delivery.discard(DiscardReason.WRONG_RECEIVER);
      return;
    }
    if (delivery.isLost()) {
      return; // RabbitMQ delivers the message again, to this agent or as a dead letter
    }
    List<BrokerRequest> requests = new ArrayList<>(delivery.events().size());
    for (Event event : delivery.events()) {
      requests.add((BrokerRequest) event);
    }
    String user = delivery.envelope().userId();
    RequestReceipt receipt = new DeliveredRequests(delivery);
    perform(runner.onRequests(new RequestBatch(requests, target.get(), user, receipt), now()));
  }

  private void onCancels(Delivery delivery) {
    if (runner.targetOf(delivery.envelope().routingKey()).isEmpty()) {
      delivery.discard(DiscardReason.WRONG_RECEIVER);
      return;
    }
    String user = delivery.envelope().userId();
    for (Event event : delivery.events()) {
      guard.run("broker_cancel", () -> perform(runner.onCancel((BrokerCancel) event, user, now())));
    }
    delivery.ack();
  }

  @Override
  public void onInboxReplaced(ProcessId newId) {
    log.info("event=inbox_replaced upstream_id={}", newId);
    runner.onInboxReplaced(newId);
  }

  @Override
  public void onConsuming() {
    perform(runner.onConsuming(now()));
  }

  @Override
  public void onConsumingLost() {
    perform(runner.onConsumingLost(now()));
  }

  /** Times out calls, and publishes the heartbeats that are due. */
  void onTick(long now) {
    guard.run("heartbeats", () -> perform(runner.onHeartbeatTick(now)));
    guard.run("requests", () -> perform(runner.onTick(now)));
  }

  private void onResult(TakenRequest request, HttpCaller.Result result) {
    calls.remove(request); // the runner ignores the result of a call that was aborted meanwhile
    if (result instanceof HttpCaller.Result.Answered answered) {
      perform(runner.onResponse(request, answered.response(), now()));
    } else {
      HttpCaller.Result.Failed failed = (HttpCaller.Result.Failed) result;
      perform(runner.onCallFailed(request, failed.failure(), failed.message(), now()));
    }
  }

  private void onAnswerDone(RunnerEffect.Answer answer, Outcome outcome) {
    AnswerOutcome answerOutcome =
        switch (outcome) {
          case CONFIRMED -> AnswerOutcome.CONFIRMED;
          case RETURNED, REFUSED, NO_CONNECTION -> AnswerOutcome.NOT_RECEIVED;
          case UNKNOWN, NACKED, BLOCKED, INBOX_BUSY -> AnswerOutcome.IN_DOUBT;
        };
    if (answer.tries() == AnswerTries.ONCE && answerOutcome == AnswerOutcome.IN_DOUBT) {
      log.debug("event=handed_on_in_doubt {} outcome={}", answer.request(), outcome);
    }
    perform(runner.onAnswerDone(answer.request(), answerOutcome, now()));
  }

  // Targets and the drain.

  @Override
  public long serverAnswers(Target target) {
    return runner.serverAnswers(target);
  }

  @Override
  public void reached(Target target) {
    faults.onReached(target);
  }

  @Override
  public void withdraw(Target target, String reason) {
    perform(runner.withdraw(target, reason, now()));
  }

  @Override
  public void offer(Target target) {
    perform(runner.offer(target, now()));
  }

  /** Starts the drain: takes and starts no more requests. */
  void beginDrain() {
    perform(runner.beginDrain(now()));
  }

  /** Aborts the calls that still run when the drain's time is over. */
  void cutOff() {
    perform(runner.cutOff(now()));
  }

  /** Publishes the last heartbeats, which say {@code gone}. */
  void markGone() {
    perform(runner.markGone(now()));
  }

  // Effects.

  private void perform(List<RunnerEffect> effects) {
    for (RunnerEffect effect : effects) {
      perform(resultOf(effect));
    }
  }

  /** Carries out the effect. Returns the effects that the runner asks for after it. */
  private List<RunnerEffect> resultOf(RunnerEffect effect) {
    try {
      return carryOut(effect);
    } catch (RuntimeException | Error bug) {
      return afterFailure(effect, bug);
    }
  }

  private List<RunnerEffect> carryOut(RunnerEffect effect) {
    return switch (effect.type()) {
      case SETTLE -> {
        settle(((RunnerEffect.Settle) effect).receipt());
        yield List.of();
      }
      case DONE -> {
        DeliveredRequests.of(((RunnerEffect.Done) effect).receipt()).done();
        yield List.of();
      }
      case REJECT -> {
        DeliveredRequests.of(((RunnerEffect.Reject) effect).receipt()).reject();
        yield List.of();
      }
      case DISCARD -> {
        DeliveredRequests.of(((RunnerEffect.Discard) effect).receipt())
            .discard(DiscardReason.WRONG_SENDER);
        yield List.of();
      }
      case ACKNOWLEDGE -> {
        session.publish(RunnerMessages.acknowledge((RunnerEffect.Acknowledge) effect));
        yield List.of();
      }
      case CALL -> {
        call((RunnerEffect.Call) effect);
        yield List.of();
      }
      case ABORT -> {
        TakenRequest request = ((RunnerEffect.Abort) effect).request();
        yield runner.onAborted(request, abort(request), now());
      }
      case ANSWER -> {
        publish((RunnerEffect.Answer) effect);
        yield List.of();
      }
      case HEARTBEAT -> {
        session.publish(RunnerMessages.heartbeat((RunnerEffect.Heartbeat) effect));
        yield List.of();
      }
    };
  }

  /** Handles an exception. A further one must not prevent the effects that follow. */
  private List<RunnerEffect> afterFailure(RunnerEffect effect, Throwable bug) {
    try {
      return onFailed(effect, bug);
    } catch (RuntimeException | Error second) {
      guard.bug("failed effect", second);
      return List.of();
    }
  }

  /** Handles an exception in an effect, so that no request waits forever for the result. */
  private List<RunnerEffect> onFailed(RunnerEffect effect, Throwable bug) {
    return switch (effect.type()) {
      case ACKNOWLEDGE, CALL, ABORT, ANSWER ->
          runner.onBug(((RunnerEffect.OfRequest) effect).request(), bug, now());
      case SETTLE -> {
        guard.bug("settle", bug);
        session.reopenConsuming("a delivery could not be settled");
        yield List.of();
      }
      case DONE, REJECT, DISCARD, HEARTBEAT -> {
        guard.bug("effect", bug);
        yield List.of();
      }
    };
  }

  private void settle(RequestReceipt receipt) {
    DeliveredRequests.of(receipt).settle(() -> perform(runner.onSettled(receipt, now())));
  }

  private void call(RunnerEffect.Call effect) {
    TakenRequest request = effect.request();
    if (!request.isRunning()) {
      return; // its ack could not be published, so it has failed already
    }
    HttpCaller.Call call =
        http.call(
            request.target().name(),
            effect.url(),
            request.http(),
            HttpCaller.Purpose.RELAY,
            result -> loop.execute(() -> onResult(request, result)));
    if (request.isRunning()) { // else the result is here already
      calls.put(request, call);
    }
  }

  private CallProgress abort(TakenRequest request) {
    HttpCaller.Call call = calls.remove(request);
    if (call == null) {
      throw new IllegalStateException("the call was never started, because of an earlier bug");
    }
    return switch (call.abort()) {
      case NOT_SENT -> CallProgress.NOT_SENT;
      case SENT -> CallProgress.SENT;
    };
  }

  private void publish(RunnerEffect.Answer effect) {
    faults.onAnswer(effect.request().target(), effect.answer());
    session.publish(
        RunnerMessages.answer(effect).whenDone(outcome -> onAnswerDone(effect, outcome)));
  }

  private long now() {
    return clock.getAsLong();
  }
}
