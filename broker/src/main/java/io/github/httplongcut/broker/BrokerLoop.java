package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.DispatchOutcome;
import io.github.httplongcut.broker.core.Effect;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.LocalReceipt;
import io.github.httplongcut.broker.core.Receipt;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.broker.core.Undelivered;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.ReplayDesk;
import io.github.httplongcut.broker.inspect.ReplayStart;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.RoleTicker;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Tries;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.session.SessionState;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the events of the session and the ticks to the {@link Router}, and carries out the
 * router's effects. Settles a delivery before the router handles it where rule 1 requires that, and
 * acks a delivery once the publications that it caused have their outcome (docs/protocol.md section
 * 4). All methods but {@link #consumption}, {@link #isDrained} and {@link #inFlight} belong to the
 * loop's thread.
 */
final class BrokerLoop implements SessionListener, RoleTicker {

  private static final Logger log = LoggerFactory.getLogger(BrokerLoop.class);

  private final Router router;
  private final Session session;
  private final EnvelopeCheck check;
  private final BrokerMessages messages;
  private final Consumption consumption;
  private final BrokerMetrics metrics;
  private final StatusBoard status;
  private final Captures captures;
  private final EndedRequests ended;
  private final ReplayDesk replays = new ReplayDesk();
  private final LongSupplier clock;
  private final Guard guard = new Guard();
  private int unfinishedAnswers;

  /** Calls of {@link #perform(List, Runnable)} that run: an effect may cause an event itself. */
  private int performing;

  private boolean draining;
  private volatile boolean drained;
  private volatile int inFlight;

  /**
   * Collaborators of the loop besides the router.
   *
   * @param check checks each delivery
   * @param intake decides when requests are consumed
   * @param status gets the ticks
   * @param captures gets the requests and responses
   * @param ended accounts that are published after the effects of their event
   * @param clock the clock of the loop
   */
  record Ports(
      Session session,
      EnvelopeCheck check,
      BrokerMessages messages,
      Intake intake,
      BrokerMetrics metrics,
      StatusBoard status,
      Captures captures,
      EndedRequests ended,
      LongSupplier clock) {}

  BrokerLoop(Router router, Ports ports) {
    this.router = router;
    this.session = ports.session;
    this.check = ports.check;
    this.messages = ports.messages;
    this.metrics = ports.metrics;
    this.status = ports.status;
    this.captures = ports.captures;
    this.ended = ports.ended;
    this.consumption = new Consumption(ports.intake, ports.session, ports.messages, ports.metrics);
    this.clock = ports.clock;
  }

  // Events.

  @Override
  public void onInboxReplaced(ProcessId newId) {
    log.info("event=inbox_replaced broker_id={}", newId);
    messages.setBrokerId(newId);
    perform(router.onInboxReplaced(newId, now()));
  }

  @Override
  public void onConsuming() {
    log.info("event=consuming");
    router.onConsuming(now());
    consumption.onConsuming(router.view().load(), now());
  }

  @Override
  public void onConsumingLost() {
    log.info("event=consuming_lost");
    consumption.onConsumingLost();
    perform(router.onConsumingLost(now()));
  }

  @Override
  public void onDelivery(Delivery delivery) {
    if (!check.accepts(delivery)) {
      delivery.discard(DiscardReason.WRONG_SENDER);
      return;
    }
    boolean orphaned = delivery.envelope().origin().isOrphaned();
    if (orphaned) {
      metrics.orphans(delivery.type(), delivery.events().size());
    }
    switch (delivery.type()) {
      case CLIENT_REQUEST -> onRequests(delivery);
      case BROKER_REQUEST, UPSTREAM_ERROR ->
          delivery.settle(() -> delivery.events().forEach(event -> onSettled(delivery, event)));
      // Even if orphaned: the router forwards responses, and takes acks of its own dispatches.
      case UPSTREAM_RESPONSE, BROKER_REQUEST_ACK -> onEach(delivery);
      case UPSTREAM_HEARTBEAT, CLIENT_CANCEL -> {
        if (orphaned) {
          delivery.ack();
        } else {
          onEach(delivery);
        }
      }
      case CLIENT_REQUEST_ACK,
          BROKER_RESPONSE,
          BROKER_ERROR,
          BROKER_HELLO,
          BROKER_STATUS,
          BROKER_CANCEL ->
          delivery.ack(); // a dead letter, such as a hello that expired in an agent's inbox
    }
  }

  @Override
  public void onTick(long now, long excludedNanos) {
    router.excludeTime(excludedNanos);
    SessionState state = session.state();
    if (state.publishing() && !state.blocked()) {
      guard.run("publishing", () -> perform(router.onPublishing(now)));
    }
    guard.run("tick", () -> perform(router.onTick(now)));
    guard.run("consumption", () -> consumption.onTick(router.view().load(), now));
    guard.run("metrics", () -> update(router.view().stats()));
    guard.run("status", () -> status.onTick(router.view(), now));
    ended.publish(); // those of an event whose handling ended with a bug, without effects
    drained = draining && isIdle();
  }

  private void update(RouterStats stats) {
    metrics.update(stats);
    inFlight = stats.requests().total() + unfinishedAnswers;
  }

  @Override
  public long nanosToNextTick(long now) {
    boolean quiet = router.isQuiet() && unfinishedAnswers == 0 && consumption.isQuiet();
    return (quiet ? Loop.IDLE_TICK : Loop.TICK).toNanos();
  }

  private boolean isIdle() {
    return router.isIdle() && unfinishedAnswers == 0;
  }

  /** Starts the drain: dispatches nothing more. */
  void beginDrain() {
    draining = true;
    consumption.beginDrain();
    perform(router.beginDrain(now()));
  }

  /**
   * Returns whether the drain has started and, at the last tick, no request was held and every
   * answer had its outcome. Thread-safe.
   */
  boolean isDrained() {
    return drained;
  }

  /**
   * Returns the number of requests held, and of answers without an outcome, at the last tick.
   * Thread-safe.
   */
  int inFlight() {
    return inFlight;
  }

  /** Returns the state of the consumption of requests. Thread-safe. */
  Intake.State consumption() {
    return consumption.state();
  }

  private void onRequests(Delivery delivery) {
    if (delivery.envelope().origin() == Origin.IN_DOUBT) {
      metrics.redelivered(delivery.events().size());
      if (!isRepeatable(delivery)) {
        delivery.reject(); // another broker may run it; the dead letter tells the client agent
        return;
      }
    }
    Receipt receipt = new DeliveryReceipt(delivery);
    List<Event> events = delivery.takeEvents();
    for (Event event : events) {
      onRequest((ClientRequest) event, receipt);
    }
    consumption.onMessage(events.size(), router.view().load(), now());
  }

  private void onRequest(ClientRequest request, Receipt receipt) {
    guard.run("capture", () -> captures.onRequest(request));
    if (!guard.run(
        "client_request", () -> perform(router.onClientRequest(request, receipt, now())))) {
      guard.run("client_request", () -> perform(router.onBug(request, receipt, now())));
    }
  }

  /** Handles a captured request that is sent again. Its answer is captured, and not published. */
  ReplayStart replay(ClientRequest request) {
    if (draining) {
      return ReplayStart.DRAINING;
    }
    Optional<LocalReceipt> receipt = replays.open();
    receipt.ifPresent(it -> onRequest(request, it));
    return receipt.isPresent() ? ReplayStart.STARTED : ReplayStart.FULL;
  }

  private static boolean isRepeatable(Delivery delivery) {
    return delivery.events().stream()
        .allMatch(event -> ((ClientRequest) event).request().isRepeatable());
  }

  private void onSettled(Delivery delivery, Event event) {
    guard.run(event.type().wireName(), () -> perform(handleSettled(delivery, event)));
  }

  /** Passes a dead letter or an error to the router. The delivery is settled. */
  private List<Effect> handleSettled(Delivery delivery, Event event) {
    if (delivery.envelope().origin() == Origin.ORPHANED_IN_DOUBT && meansNotRun(event)) {
      log.debug("event=orphan_in_doubt type={}", event.type().wireName());
      // Another broker may have published this error already. A second one could make the request
      // run twice. Without an error, the client agent decides at its own check.
      return List.of();
    }
    boolean orphaned = delivery.envelope().origin().isOrphaned();
    if (event instanceof BrokerRequest request) {
      return orphaned
          ? router.onOrphanedRequest(request, now())
          : router.onUndelivered(request.brokerReqId(), reason(delivery), now());
    }
    UpstreamError error = (UpstreamError) event;
    String user = delivery.envelope().userId();
    return orphaned
        ? router.onOrphanedError(
            error, ProcessId.parse(delivery.envelope().routingKey()), user, now())
        : router.onError(error, user, now());
  }

  /** Returns whether the event would make a client agent publish a non-repeatable request again. */
  private static boolean meansNotRun(Event event) {
    return event instanceof BrokerRequest request
        ? !request.request().isRepeatable()
        : event instanceof UpstreamError error && error.error().failure() == Failure.NOT_RUN;
  }

  private static Undelivered reason(Delivery delivery) {
    return delivery.envelope().origin() == Origin.REJECTED
        ? Undelivered.REJECTED
        : Undelivered.DEAD_LETTERED;
  }

  private void onEach(Delivery delivery) {
    // Takes the events, so that the delivery keeps no answer in memory.
    for (Event event : delivery.takeEvents()) {
      if (!guard.run(event.type().wireName(), () -> onEvent(delivery, event))) {
        delivery.done();
      }
    }
  }

  private void onEvent(Delivery delivery, Event event) {
    String user = delivery.envelope().userId();
    List<Effect> effects =
        switch (event.type()) {
          case UPSTREAM_RESPONSE -> router.onResponse((UpstreamResponse) event, user, now());
          case BROKER_REQUEST_ACK -> router.onAck((BrokerRequestAck) event, user, now());
          case UPSTREAM_HEARTBEAT -> onHeartbeat((UpstreamHeartbeat) event);
          case CLIENT_CANCEL -> router.onCancel((ClientCancel) event, now());
          case CLIENT_REQUEST,
              CLIENT_REQUEST_ACK,
              BROKER_REQUEST,
              UPSTREAM_ERROR,
              BROKER_RESPONSE,
              BROKER_ERROR,
              BROKER_HELLO,
              BROKER_STATUS,
              BROKER_CANCEL ->
              throw new IllegalStateException("handled elsewhere: " + event.type());
        };
    perform(effects, delivery::done);
  }

  /** Registers the agent first, since its heartbeat may make the intake consume requests. */
  private List<Effect> onHeartbeat(UpstreamHeartbeat heartbeat) {
    List<Effect> effects = router.onHeartbeat(heartbeat, now());
    consumption.onHeartbeat(router.view().load(), now());
    return effects;
  }

  private void onPublished(UUID brokerReqId, Outcome outcome) {
    DispatchOutcome dispatchOutcome =
        switch (outcome) {
          case CONFIRMED -> DispatchOutcome.CONFIRMED;
          case RETURNED, REFUSED -> DispatchOutcome.RETURNED;
          case NACKED -> DispatchOutcome.NACKED;
          case UNKNOWN -> DispatchOutcome.UNKNOWN;
          case INBOX_BUSY -> DispatchOutcome.INBOX_BUSY;
          case NO_CONNECTION, BLOCKED -> DispatchOutcome.NOT_WRITTEN;
        };
    perform(router.onPublished(brokerReqId, dispatchOutcome, now()));
  }

  // Effects.

  private void perform(List<Effect> effects) {
    perform(effects, () -> {});
  }

  /**
   * Carries out the effects of an event, then publishes the accounts of the requests that it ended.
   * Those that end in an event within an effect are published with the outer event's.
   *
   * @param whenAnswered called once all answers among the effects have their outcome; at once if
   *     there are none
   */
  private void perform(List<Effect> effects, Runnable whenAnswered) {
    Countdown countdown = new Countdown(whenAnswered);
    performing++;
    try {
      effects.forEach(
          effect -> {
            if (!guard.run("effect", () -> perform(effect, countdown))) {
              onFailed(effect);
            }
          });
      countdown.decrement();
    } finally {
      performing--;
      if (performing == 0) {
        ended.publish();
      }
    }
  }

  /**
   * Handles an exception in an effect, so that neither the router nor a delivery waits forever for
   * the outcome of the effect.
   */
  private void onFailed(Effect effect) {
    Runnable step =
        switch (effect.type()) {
          case SETTLE -> () -> session.reopenConsuming("a delivery could not be settled");
          case DISPATCH -> () -> onFailedDispatch((Effect.Dispatch) effect);
          case RESPOND -> () -> ((Effect.Respond) effect).receipt().ifPresent(BrokerLoop::markDone);
          case REFUSE -> () -> markDone(((Effect.Refuse) effect).receipt());
          case DONE, ACKNOWLEDGE, CANCEL, REFUSE_ORPHAN -> () -> {};
        };
    step.run();
  }

  /** The session may have the publication already. NOT_WRITTEN could make the request run twice. */
  private void onFailedDispatch(Effect.Dispatch dispatch) {
    onPublished(dispatch.request().brokerReqId(), Outcome.UNKNOWN);
  }

  private static void markDone(Receipt receipt) {
    if (!receipt.isLocal()) {
      DeliveryReceipt.of(receipt).done();
    }
  }

  private void perform(Effect effect, Countdown countdown) {
    Runnable step =
        switch (effect.type()) {
          case SETTLE -> () -> settle((Effect.Settle) effect);
          case DONE -> () -> markDone(((Effect.Done) effect).receipt());
          case ACKNOWLEDGE ->
              () -> session.publish(BrokerMessages.acknowledge((Effect.Acknowledge) effect, now()));
          case DISPATCH -> () -> dispatch((Effect.Dispatch) effect);
          case CANCEL -> () -> session.publish(messages.cancel((Effect.Cancel) effect, now()));
          case RESPOND -> () -> respond((Effect.Respond) effect, countdown);
          case REFUSE -> () -> refuse((Effect.Refuse) effect, countdown);
          case REFUSE_ORPHAN -> () -> refuseOrphan((Effect.RefuseOrphan) effect, countdown);
        };
    step.run();
  }

  private void settle(Effect.Settle effect) {
    DeliveryReceipt.of(effect.receipt())
        .settle(() -> perform(router.onSettled(effect.receipt(), now())));
  }

  private void dispatch(Effect.Dispatch effect) {
    UUID id = effect.request().brokerReqId();
    session.publish(messages.dispatch(effect).whenDone(outcome -> onPublished(id, outcome)));
  }

  private void respond(Effect.Respond effect, Countdown countdown) {
    if (effect.receipt().isPresent()) {
      guard.run(
          "capture",
          () -> captures.onResponse(effect.response().clientReqId(), effect.response().response()));
    }
    if (effect.receipt().filter(Receipt::isLocal).isPresent()) {
      return; // captured, and nobody else waits for it
    }
    metrics.answered("answered");
    Publication answer =
        BrokerMessages.toClient(
            effect.response(), effect.response().clientId(), effect.endsAt(), now());
    answer(
        effect.receipt().isPresent() ? answer : answer.tried(Tries.UNTIL_NACKED),
        effect.receipt(),
        countdown);
  }

  private void refuse(Effect.Refuse effect, Countdown countdown) {
    if (effect.receipt().isLocal()) {
      return; // the account of the request has the error
    }
    metrics.answered(effect.error().error().failure().code());
    answer(
        BrokerMessages.toClient(effect.error(), effect.clientId(), effect.endsAt(), now()),
        Optional.of(effect.receipt()),
        countdown);
  }

  private void refuseOrphan(Effect.RefuseOrphan effect, Countdown countdown) {
    metrics.answered(effect.error().error().failure().code());
    answer(
        BrokerMessages.toClient(effect.error(), effect.clientId(), effect.endsAt(), now())
            .tried(Tries.UNTIL_NACKED)
            .orphaned(),
        Optional.empty(),
        countdown);
  }

  /** Publishes an answer. Marks its request as done in the delivery, whatever the outcome. */
  private void answer(Publication answer, Optional<Receipt> receipt, Countdown countdown) {
    Publication awaited =
        answer.whenDone(
            outcome -> {
              unfinishedAnswers--;
              receipt.ifPresent(BrokerLoop::markDone);
              countdown.decrement();
            });
    unfinishedAnswers++;
    countdown.increment();
    session.publish(awaited);
  }

  private long now() {
    return clock.getAsLong();
  }
}
