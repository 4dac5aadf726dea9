package io.github.httplongcut.client;

import io.github.httplongcut.client.core.PendingEffect;
import io.github.httplongcut.client.core.PendingRequests;
import io.github.httplongcut.client.core.PublicationOutcome;
import io.github.httplongcut.client.core.Submission;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes submissions, hang-ups, deliveries, outcomes and ticks to {@link PendingRequests}, and
 * carries out the effects. If an event may cause another publication of a request that is not
 * repeatable, settles its delivery first (docs/protocol.md section 4, rule 1). All methods must be
 * called on the loop.
 */
final class ClientLoop implements SessionListener {

  private static final Logger log = LoggerFactory.getLogger(ClientLoop.class);

  private final PendingRequests pending;
  private final Session session;
  private final ClientEnvelopeCheck check;
  private final ClientMessages messages;
  private final LongSupplier clock;
  private final Guard guard = new Guard();

  /**
   * The publications that have no outcome yet, by their {@code client_req_id}. The session holds
   * each of them for the same time.
   */
  private final Map<UUID, Publication> unfinished = new HashMap<>();

  private boolean inboxReplaced;

  /**
   * @param clock the loop's clock
   */
  ClientLoop(
      PendingRequests pending,
      Session session,
      ClientEnvelopeCheck check,
      ClientMessages messages,
      LongSupplier clock) {
    this.pending = pending;
    this.session = session;
    this.check = check;
    this.messages = messages;
    this.clock = clock;
  }

  // Events.

  /**
   * Relays a request.
   *
   * @param submission its caller is a {@link WaitingCaller}
   */
  void submit(Submission submission) {
    perform(pending.onSubmission(submission, now()));
  }

  /** The caller of a submitted request hung up. */
  void onHungUp(UUID firstId) {
    perform(pending.onHungUp(firstId, now()));
  }

  void onTick(long now) {
    perform(pending.onTick(now));
  }

  /** Delays every check by a time in which this process could not receive messages. */
  void excuse(long nanos) {
    pending.excuse(nanos);
  }

  /** Refuses every request that still waits, since the process stops. */
  void abandonAll() {
    perform(pending.abandonAll());
  }

  /** Returns whether no request waits for its answer. */
  boolean isIdle() {
    return pending.size() == 0;
  }

  @Override
  public void onDelivery(Delivery delivery) {
    Optional<DiscardReason> wrong = check.reasonToDiscard(delivery);
    if (wrong.isPresent()) {
      delivery.discard(wrong.get());
      return;
    }
    for (Event event : delivery.events()) {
      if (pending.settlesFirst(event)) {
        delivery.settle(() -> handle(event, delivery.envelope()));
      } else {
        guard.run(event.type().wireName(), () -> handle(event, delivery.envelope()));
        delivery.done();
      }
    }
  }

  private void handle(Event event, Delivery.Envelope envelope) {
    long now = now();
    List<PendingEffect> effects =
        switch (event.type()) {
          case CLIENT_REQUEST_ACK -> pending.onAck((ClientRequestAck) event, now);
          case BROKER_RESPONSE -> pending.onResponse((BrokerResponse) event, now);
          case BROKER_ERROR -> pending.onError((BrokerError) event, envelope.orphaned(), now);
          case CLIENT_REQUEST -> returned((ClientRequest) event, envelope.origin(), now);
          case BROKER_REQUEST,
              BROKER_REQUEST_ACK,
              UPSTREAM_RESPONSE,
              UPSTREAM_ERROR,
              UPSTREAM_HEARTBEAT,
              BROKER_HELLO,
              BROKER_STATUS,
              CLIENT_CANCEL,
              BROKER_CANCEL ->
              throw new IllegalStateException("discarded before: " + event.type());
        };
    perform(effects);
  }

  private List<PendingEffect> returned(ClientRequest request, Origin origin, long now) {
    return switch (origin) {
      // A broker rejects a request only if it may already have run.
      case IN_DOUBT, REJECTED -> pending.onInDoubt(request, now);
      case SENT, EXPIRED, DEAD_LETTERED, ORPHANED, ORPHANED_IN_DOUBT ->
          pending.onDeadLetter(request, now);
    };
  }

  @Override
  public void onInboxReplaced(ProcessId newId) {
    log.info("event=inbox_replaced");
    inboxReplaced = true;
  }

  @Override
  public void onConsuming() {
    log.info("event=consuming");
    // Requests are published again only now: before, the new inbox was not bound and would have
    // missed their answers.
    if (inboxReplaced) {
      inboxReplaced = false;
      perform(pending.onInboxReplaced(now()));
    }
  }

  @Override
  public void onConsumingLost() {
    log.info("event=consuming_lost");
  }

  private void onOutcome(UUID clientReqId, Outcome outcome) {
    unfinished.remove(clientReqId);
    PublicationOutcome known =
        switch (outcome) {
          case CONFIRMED -> PublicationOutcome.CONFIRMED;
          case RETURNED -> PublicationOutcome.RETURNED;
          case NACKED, INBOX_BUSY -> PublicationOutcome.NACKED;
          case REFUSED -> PublicationOutcome.FORBIDDEN;
          case BLOCKED -> PublicationOutcome.BLOCKED;
          case NO_CONNECTION -> PublicationOutcome.NO_CONNECTION;
          case UNKNOWN -> PublicationOutcome.UNKNOWN;
        };
    perform(pending.onOutcome(clientReqId, known, now()));
  }

  // Effects.

  /** Carries out the effects. An exception in one of them does not prevent the others. */
  private void perform(List<PendingEffect> effects) {
    for (PendingEffect effect : effects) {
      try {
        perform(effect);
      } catch (RuntimeException | Error bug) {
        guard.run("failed effect", () -> onFailed(effect, bug));
      }
    }
  }

  private void perform(PendingEffect effect) {
    Runnable step =
        switch (effect.type()) {
          case PUBLISH -> () -> publish((PendingEffect.Publish) effect);
          case WITHDRAW -> () -> withdraw((PendingEffect.Withdraw) effect);
          case CANCEL ->
              () -> session.publish(messages.cancel((PendingEffect.Cancel) effect, now()));
          case REPORT_ACK -> () -> reportAck((PendingEffect.ReportAck) effect);
          case REPORT_BUSY ->
              () -> WaitingCaller.of(((PendingEffect.ReportBusy) effect).caller()).onUpstreamBusy();
          case ANSWER -> () -> answer((PendingEffect.Answer) effect);
          case REFUSE -> () -> refuse((PendingEffect.Refuse) effect);
        };
    step.run();
  }

  /** Handles an exception in an effect. A caller that cannot be answered gets an error instead. */
  private void onFailed(PendingEffect effect, Throwable bug) {
    Runnable step =
        switch (effect.type()) {
          case PUBLISH -> () -> onFailedPublish((PendingEffect.Publish) effect, bug);
          case ANSWER -> () -> onFailedAnswer((PendingEffect.Answer) effect, bug);
          case REFUSE -> () -> logBug(((PendingEffect.Refuse) effect).firstId(), bug);
          case WITHDRAW, CANCEL, REPORT_ACK, REPORT_BUSY -> () -> guard.bug("effect", bug);
        };
    step.run();
  }

  private void publish(PendingEffect.Publish effect) {
    UUID id = effect.request().clientReqId();
    WaitingCaller.of(effect.caller()).publishedAs(id);
    Publication publication = messages.publish(effect).whenDone(outcome -> onOutcome(id, outcome));
    unfinished.put(id, publication);
    session.publish(publication);
  }

  private void onFailedPublish(PendingEffect.Publish effect, Throwable bug) {
    UUID id = effect.request().clientReqId();
    unfinished.remove(id);
    perform(pending.onPublishFailed(id, bug));
  }

  /** Takes back a publication that has no outcome, unless it is written already. */
  private void withdraw(PendingEffect.Withdraw effect) {
    Publication publication = unfinished.remove(effect.clientReqId());
    if (publication != null) {
      session.withdraw(publication);
    }
  }

  private void reportAck(PendingEffect.ReportAck effect) {
    WaitingCaller.of(effect.caller()).acked(effect.times(), effect.brokerId());
  }

  private void answer(PendingEffect.Answer effect) {
    WaitingCaller.of(effect.caller()).answer(effect.response());
  }

  private void onFailedAnswer(PendingEffect.Answer effect, Throwable bug) {
    logBug(effect.firstId(), bug);
    EventError error =
        new EventError(
            Failure.INTERNAL_ERROR,
            "internal error; see event=bug in the client agent's log",
            Hop.CLIENT_AGENT);
    perform(List.of(new PendingEffect.Refuse(effect.firstId(), effect.caller(), error)));
  }

  private static void logBug(UUID firstId, Throwable bug) {
    log.error("event=bug client_req_id={}", firstId, bug);
  }

  private void refuse(PendingEffect.Refuse effect) {
    WaitingCaller.of(effect.caller()).fail(effect.error());
  }

  private long now() {
    return clock.getAsLong();
  }
}
