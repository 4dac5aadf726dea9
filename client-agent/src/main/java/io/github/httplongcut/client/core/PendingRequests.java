package io.github.httplongcut.client.core;

import io.github.httplongcut.client.core.PendingState.Acked;
import io.github.httplongcut.client.core.PendingState.AwaitingAck;
import io.github.httplongcut.client.core.PendingState.AwaitingOutcome;
import io.github.httplongcut.client.core.PendingState.Published;
import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Decides about all requests that wait for their answer (docs/protocol.md section 4, "Client
 * agent"). Each method handles one event at a given time, changes the state, and returns the
 * effects that the caller must carry out. One thread at a time calls the methods; times are {@code
 * nanoTime}.
 *
 * <p>Deadlines of callers follow the real clock. Checks on brokers follow a {@link FairClock},
 * which pauses while this process could not receive their messages: {@link #excuse}.
 */
public final class PendingRequests {

  private final Duration ackTimeout;
  private final PendingJournal journal;
  private final PendingTable table;
  private final PendingEffects effects;
  private final PublicationRules rules;
  private final AbandonedRequests abandoned;
  private final FairClock fair = new FairClock();

  /**
   * @param ids generates the {@code client_req_id}s of a request after its first one
   */
  public PendingRequests(
      ProcessId clientId, Duration ackTimeout, Supplier<UUID> ids, PendingJournal journal) {
    this.ackTimeout = ackTimeout;
    this.journal = journal;
    this.table = new PendingTable(journal);
    this.effects = new PendingEffects(clientId, ackTimeout);
    this.rules = new PublicationRules(table, effects, ids, journal);
    // As long as the time from a publication to its check: no broker acks a request later.
    this.abandoned = new AbandonedRequests(2 * ackTimeout.toNanos());
  }

  /** Returns the number of requests that wait. */
  public int size() {
    return table.size();
  }

  /** Handles a request of a caller. */
  public List<PendingEffect> onSubmission(Submission submission, long now) {
    PendingRequest request = table.add(submission);
    rules.publish(request, now);
    return effects.take();
  }

  /** Handles the outcome of a publication. Only the outcome of the latest id matters. */
  public List<PendingEffect> onOutcome(UUID clientReqId, PublicationOutcome outcome, long now) {
    table.findLatest(clientReqId).ifPresent(request -> published(request, outcome, now));
    return effects.take();
  }

  /**
   * Handles an exception of {@link PendingEffect.Publish}. The publication may be under way all the
   * same, so the request is not published again.
   */
  public List<PendingEffect> onPublishFailed(UUID clientReqId, Throwable bug) {
    table
        .findLatest(clientReqId)
        .ifPresentOrElse(
            request -> rules.refuseAfterBug(request, bug), () -> journal.bug(clientReqId, bug));
    return effects.take();
  }

  /**
   * Handles a broker's ack. The ack of an earlier id only tells which broker to send a cancel to.
   * An ack that comes after the answer is ignored.
   */
  public List<PendingEffect> onAck(ClientRequestAck ack, long now) {
    Optional<PendingRequest> found = table.find(ack.clientReqId());
    if (found.isPresent()) {
      acked(found.get(), ack, now);
    } else if (abandoned.contains(ack.clientReqId())) {
      effects.cancel(ack);
    }
    return effects.take();
  }

  /** Handles the answer to any id of a request. */
  public List<PendingEffect> onResponse(BrokerResponse event, long now) {
    Optional<PendingRequest> found = table.find(event.clientReqId());
    if (found.isEmpty()) {
      return drop(event);
    }
    answered(found.get(), event, now);
    return effects.take();
  }

  /**
   * Handles an error of a broker.
   *
   * @param orphaned true if the error was for a broker that is gone. Such an error of a repeatable
   *     request is dropped: RabbitMQ itself takes that request back from the lost broker
   */
  public List<PendingEffect> onError(BrokerError event, boolean orphaned, long now) {
    Optional<PendingRequest> found =
        table
            .findLatest(event.clientReqId())
            .filter(request -> !(orphaned && request.isRepeatable()))
            .filter(request -> request.isCredible(event));
    if (found.isEmpty()) {
      return drop(event);
    }
    failed(found.get(), event.error(), now);
    return effects.take();
  }

  /** Handles a request that came back as a dead letter: it never ran. */
  public List<PendingEffect> onDeadLetter(ClientRequest event, long now) {
    Optional<PendingRequest> found = table.findLatest(event.clientReqId());
    if (found.isEmpty()) {
      return drop(event);
    }
    rules.neverRan(found.get(), "dead_letter", now);
    return effects.take();
  }

  /**
   * Handles a request that came back from a broker that had it and was lost. RabbitMQ cannot tell
   * whether the broker settled the request before, so the request may have run and its answer may
   * still come.
   */
  public List<PendingEffect> onInDoubt(ClientRequest event, long now) {
    Optional<PendingRequest> found = table.findLatest(event.clientReqId());
    if (found.isEmpty()) {
      return drop(event);
    }
    inDoubt(found.get(), now);
    return effects.take();
  }

  /**
   * Returns whether the delivery of {@code event} must be settled before the event is handled
   * (docs/protocol.md section 4, rule 1): the event may cause another publication of a request that
   * is not repeatable.
   */
  public boolean settlesFirst(Event event) {
    if (event instanceof ClientRequest request) {
      return isLatestOfNotRepeatable(request.clientReqId());
    }
    return event instanceof BrokerError error
        && error.error().failure() == Failure.NOT_RUN
        && isLatestOfNotRepeatable(error.clientReqId());
  }

  private boolean isLatestOfNotRepeatable(UUID clientReqId) {
    return table.findLatest(clientReqId).filter(request -> !request.isRepeatable()).isPresent();
  }

  /**
   * Handles a caller that hung up: cancels the request at each broker that has acked it, or acks it
   * later.
   */
  public List<PendingEffect> onHungUp(UUID firstId, long now) {
    table.findSubmitted(firstId).ifPresent(request -> hungUp(request, now));
    return effects.take();
  }

  /** Refuses requests whose deadline has passed, and performs the checks that are due. */
  public List<PendingEffect> onTick(long now) {
    long fairNow = fair.at(now);
    abandoned.onTick(now);
    forEach(
        request -> now - request.deadline() >= 0,
        request ->
            rules.refuse(
                request, Failure.REQUEST_TIMEOUT, "no answer arrived within request-timeout"));
    forEach(
        request -> request.state() instanceof AwaitingAck awaiting && awaiting.isCheckDue(fairNow),
        request -> rules.mayHaveRun(request, "check", now));
    return effects.take();
  }

  /**
   * Handles a new inbox: messages for any request may have been lost with the old one. Publishes
   * repeatable requests again. The others keep waiting: their answers may still come.
   */
  public List<PendingEffect> onInboxReplaced(long now) {
    forEach(
        PendingRequest::isRepeatable,
        request -> {
          // Otherwise a publication that is not written yet would be written, too.
          effects.withdraw(request.published().id());
          rules.mayHaveRun(request, "inbox_replaced", now);
        });
    return effects.take();
  }

  /** Delays every check by a time in which this process could not receive messages. */
  public void excuse(long nanos) {
    fair.exclude(nanos);
  }

  /** Refuses every request that still waits, since the process stops. */
  public List<PendingEffect> abandonAll() {
    forEach(
        request -> true,
        request ->
            rules.refuse(
                request,
                Failure.REQUEST_TIMEOUT,
                "the client agent stopped before the answer arrived"));
    return effects.take();
  }

  /** Returns the number of entries in all maps. For tests that look for leaks. */
  int entries() {
    return table.entries() + abandoned.size();
  }

  // The rows of the table of reactions in docs/protocol.md section 4.

  private void published(PendingRequest request, PublicationOutcome outcome, long now) {
    switch (outcome) {
      case CONFIRMED -> {
        if (request.state() instanceof AwaitingOutcome awaiting) { // else the ack came before
          table.move(request, awaiting.checkedAt(checkTime(now)), "confirmed");
        }
      }
      case UNKNOWN -> {
        if (request.state() instanceof AwaitingOutcome awaiting) {
          outcomeUnknown(request, awaiting, now);
        }
      }
      case RETURNED -> rules.neverRan(request, "returned", now);
      case NACKED ->
          rules.refuse(
              request,
              Failure.OVERLOADED,
              "RabbitMQ rejected the request: the queue client_request is full");
      case FORBIDDEN ->
          rules.refuse(
              request,
              Failure.TARGET_FORBIDDEN,
              "the client agent's RabbitMQ user has no permission to use this upstream target");
      case BLOCKED ->
          rules.refuse(
              request,
              Failure.OVERLOADED,
              "RabbitMQ accepts no messages at the moment (an alarm, or it is too slow)");
      case NO_CONNECTION ->
          rules.refuse(
              request,
              Failure.BROKER_UNAVAILABLE,
              "the client agent has no working connection to RabbitMQ");
    }
  }

  /** The connection was lost before the confirm: RabbitMQ may have the request or not. */
  private void outcomeUnknown(PendingRequest request, AwaitingOutcome awaiting, long now) {
    if (request.isRepeatable()) {
      rules.mayHaveRun(request, "unknown", now);
    } else {
      table.move(request, awaiting.checkedAt(checkTime(now)), "unknown");
    }
  }

  private void acked(PendingRequest request, ClientRequestAck ack, long now) {
    request.addAck(ack);
    Published published = request.published();
    if (published.id().equals(ack.clientReqId())) {
      table.move(request, published.ack(), "acked");
      effects.reportAck(
          request, new AckTimes(published.publishedAt(), now), Optional.of(ack.brokerId()));
    }
  }

  /**
   * Answers the caller. If no ack has come, reports the answer's delay as that of the ack: the
   * ack's cannot be longer. If the ack is overdue, reports no delay: the broker that should have
   * acked is gone, and another one delivered the answer.
   */
  private void answered(PendingRequest request, BrokerResponse event, long now) {
    Published published = request.published();
    table.forget(request, "answered");
    if (!(published instanceof Acked) && published.isWithin(ackTimeout, now)) {
      effects.reportAck(request, new AckTimes(published.publishedAt(), now), Optional.empty());
    }
    effects.answer(request, event.response());
  }

  private void failed(PendingRequest request, EventError error, long now) {
    if (error.failure() == Failure.NOT_RUN) {
      rules.neverRan(request, "not_run", now);
      return;
    }
    // A later upstream_busy means that the wait in the broker ended, not that the broker is full.
    if (error.failure() == Failure.UPSTREAM_BUSY && request.published().isWithin(ackTimeout, now)) {
      effects.reportBusy(request);
    }
    rules.refuse(request, error);
  }

  private void inDoubt(PendingRequest request, long now) {
    if (!request.isRepeatable()) {
      journal.inDoubt(request.firstId());
      table.move(request, request.published().doubt(checkTime(now)), "in_doubt");
      return;
    }
    if (rules.countFailedPublication(request, "in_doubt")) {
      rules.mayHaveRun(request, "in_doubt", now);
    } else { // this request may be what crashes the brokers
      rules.refuse(
          request,
          Failure.BROKER_ACK_TIMEOUT,
          "every broker that had the request was lost before answering");
    }
  }

  private void hungUp(PendingRequest request, long now) {
    Published published = request.published();
    table.forget(request, "hung_up");
    effects.withdraw(published.id());
    // Acked ids too: when a broker dies, RabbitMQ gives its requests to another, which acks again.
    request.ids().forEach(id -> abandoned.add(id, now));
    request.acks().forEach(effects::cancel);
  }

  // Helpers.

  private long checkTime(long now) {
    return fair.at(now) + 2 * ackTimeout.toNanos();
  }

  private List<PendingEffect> drop(Event event) {
    journal.dropped(event.type());
    return List.of();
  }

  /** Takes the step for each request that matches, oldest first. A bug fails one request only. */
  private void forEach(Predicate<PendingRequest> predicate, Consumer<PendingRequest> step) {
    for (PendingRequest request : table.select(predicate)) {
      rules.runGuarded(request, () -> step.accept(request));
    }
  }
}
