package io.github.httplongcut.client;

import io.github.httplongcut.client.PendingRequest.IncomingRequest;
import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.TimeLeft;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication.Batching;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All requests that wait for their answer, and every decision of the client agent about them
 * (protocol section 4). Does no I/O, reads no clock, takes no lock and belongs to the loop. Each
 * method first changes the state, then calls {@link RequestPublisher} and {@link Caller}.
 *
 * <p>Deadlines of callers follow the real clock. Checks on brokers follow a {@link FairClock},
 * which pauses while this process could not receive their messages: {@link #excuse}.
 */
final class PendingRequests {

  /** Maximum number of publications of a request that did not run. */
  static final int MAX_PUBLICATIONS = 3;

  private static final Logger log = LoggerFactory.getLogger(PendingRequests.class);

  private final ProcessId clientId;
  private final Duration ackTimeout;
  private final RequestPublisher publisher;
  private final Supplier<UUID> newId;

  /** Each request under its first id, oldest first. */
  private final Map<UUID, PendingRequest> requests = new LinkedHashMap<>();

  /** The same requests, each under every id with which it was published. */
  private final Map<UUID, PendingRequest> byId = new HashMap<>();

  private final AbandonedRequests abandoned;

  private final FairClock fair = new FairClock();

  /**
   * @param newId creates the {@code client_req_id}s of a request after its first one
   */
  PendingRequests(
      ProcessId clientId, Duration ackTimeout, RequestPublisher publisher, Supplier<UUID> newId) {
    this.clientId = clientId;
    this.ackTimeout = ackTimeout;
    this.publisher = publisher;
    this.newId = newId;
    // As long as the time from a publication to its check: no broker acks a request later.
    this.abandoned = new AbandonedRequests(2 * ackTimeout.toNanos());
  }

  /** Returns the number of requests that wait. */
  int size() {
    return requests.size();
  }

  /** Registers a caller's request, then publishes it. */
  void add(IncomingRequest incoming, long now) {
    PendingRequest pending = new PendingRequest(incoming);
    requests.put(pending.firstId(), pending);
    if (timeLeft(pending, now) < 1) {
      fail(
          pending,
          Failure.REQUEST_TIMEOUT,
          "the request timed out before it was published to RabbitMQ");
      return;
    }
    publish(pending, pending.firstId(), now);
  }

  /** The outcome of a publication is known. */
  void onOutcome(UUID clientReqId, Outcome outcome, long now) {
    PendingRequest pending = byId.get(clientReqId);
    if (pending == null || !pending.isLatest(clientReqId)) {
      return; // the request is answered or was published again: this outcome no longer matters
    }
    pending.onOutcomeKnown();
    switch (outcome) {
      case CONFIRMED -> {
        if (pending.isAwaitingOutcome()) { // else a broker's ack came before the confirm
          pending.checkAt(checkTime(now));
        }
      }
      case RETURNED -> onNotRun(pending, "returned", now);
      case NACKED, INBOX_BUSY ->
          fail(
              pending,
              Failure.OVERLOADED,
              "RabbitMQ rejected the request: the queue client_request is full");
      case REFUSED ->
          fail(
              pending,
              Failure.TARGET_FORBIDDEN,
              "the client agent's RabbitMQ user has no permission to use this upstream target");
      case BLOCKED ->
          fail(
              pending,
              Failure.OVERLOADED,
              "RabbitMQ accepts no messages at the moment (an alarm, or it is too slow)");
      case NO_CONNECTION ->
          fail(
              pending,
              Failure.BROKER_UNAVAILABLE,
              "the client agent has no working connection to RabbitMQ");
      case UNKNOWN -> {
        if (pending.isAwaitingOutcome()) {
          onUnknownOutcome(pending, now);
        }
      }
    }
  }

  /**
   * A broker has acked a request. The ack of an earlier id only tells which broker to send a cancel
   * to. An ack that comes after the answer is ignored.
   */
  void onAck(ClientRequestAck ack, long now) {
    PendingRequest pending = byId.get(ack.clientReqId());
    if (pending != null) {
      pending.acked(ack, now);
    } else if (abandoned.contains(ack.clientReqId())) {
      cancel(ack);
    }
  }

  /**
   * A broker has sent the answer to any id of a request.
   *
   * @return whether a request waited for it
   */
  boolean onResponse(BrokerResponse event, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null) {
      return false;
    }
    forget(pending, "answered");
    pending.answered(event.response(), ackTimeout, now);
    return true;
  }

  /**
   * A broker has sent an error.
   *
   * @param orphaned true if the error was for a broker that is gone. Such an error of a repeatable
   *     request is dropped: RabbitMQ itself takes that request back from the lost broker
   * @return whether a request waited for it
   */
  boolean onError(BrokerError event, boolean orphaned, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null
        || !pending.isLatest(event.clientReqId())
        || (orphaned && pending.isRepeatable())
        || !pending.isCredible(event)) {
      return false;
    }
    if (event.error().failure() == Failure.NOT_RUN) {
      onNotRun(pending, "not_run", now);
      return true;
    }
    // A later upstream_busy means that the wait in the broker ended, not that the broker is full.
    if (event.error().failure() == Failure.UPSTREAM_BUSY
        && pending.wasPublishedWithin(ackTimeout, now)) {
      pending.caller().onUpstreamBusy();
    }
    fail(pending, event.error());
    return true;
  }

  /**
   * A request has come back as a dead letter: it never ran.
   *
   * @return whether the request still waits
   */
  boolean onDeadLetter(ClientRequest event, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null || !pending.isLatest(event.clientReqId())) {
      return false;
    }
    onNotRun(pending, "dead_letter", now);
    return true;
  }

  /**
   * A request has come back from a broker that had it and was lost. RabbitMQ cannot tell whether
   * the broker settled the request before, so the request may have run and its answer may still
   * come.
   *
   * @return whether the request still waits
   */
  boolean onInDoubt(ClientRequest event, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null || !pending.isLatest(event.clientReqId())) {
      return false;
    }
    if (!pending.isRepeatable()) {
      log.debug("event=in_doubt client_req_id={}", pending.firstId());
      pending.checkAt(checkTime(now)); // even if a broker has acked it: that broker may be gone
      return true;
    }
    pending.countFailedPublication();
    if (pending.failedPublications() < MAX_PUBLICATIONS) {
      publishAgainIfRepeatable(pending, "in_doubt", now);
    } else { // this request may be what crashes the brokers
      fail(
          pending,
          Failure.BROKER_ACK_TIMEOUT,
          "every broker that had the request was lost before answering");
    }
    return true;
  }

  /**
   * Returns whether the delivery of {@code event} must be settled before the event is handled
   * (protocol section 4, rule 1): the event may cause another publication of a request that is not
   * repeatable.
   */
  boolean settlesFirst(Event event) {
    if (event instanceof ClientRequest request) {
      return isLatestOfNotRepeatable(request.clientReqId());
    }
    return event instanceof BrokerError error
        && error.error().failure() == Failure.NOT_RUN
        && isLatestOfNotRepeatable(error.clientReqId());
  }

  private boolean isLatestOfNotRepeatable(UUID clientReqId) {
    PendingRequest pending = byId.get(clientReqId);
    return pending != null && pending.isLatest(clientReqId) && !pending.isRepeatable();
  }

  /** The caller hung up: cancels the request at each broker that has acked it, or acks it later. */
  void onHungUp(UUID firstId, long now) {
    PendingRequest pending = requests.get(firstId);
    if (pending == null) {
      return;
    }
    forget(pending, "hung_up");
    pending.withdraw();
    // Acked ids too: when a broker dies, RabbitMQ gives its requests to another, which acks again.
    pending.ids().forEach(id -> abandoned.add(id, now));
    pending.acks().forEach(this::cancel);
  }

  private void cancel(ClientRequestAck ack) {
    publisher.cancel(
        new ClientCancel(clientId, ack.clientReqId(), ack.brokerReqId()), ack.brokerId());
  }

  /** Fails requests whose deadline has passed, and performs the checks that are due. */
  void onTick(long now) {
    long fairNow = fair.at(now);
    abandoned.onTick(now);
    for (PendingRequest pending : select(each -> now - each.deadline() >= 0)) {
      guarded(
          pending,
          () -> fail(pending, Failure.REQUEST_TIMEOUT, "no answer arrived within request-timeout"));
    }
    for (PendingRequest pending : select(each -> each.isCheckDue(fairNow))) {
      guarded(pending, () -> publishAgainIfRepeatable(pending, "check", now));
    }
  }

  /** Runs the step. A bug in it fails this request and no other. */
  private void guarded(PendingRequest pending, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      log.error("event=bug client_req_id={}", pending.firstId(), bug);
      if (requests.containsKey(pending.firstId())) {
        fail(
            pending,
            Failure.INTERNAL_ERROR,
            "internal error; see event=bug in the client agent's log");
      }
    }
  }

  /**
   * The inbox was replaced, and messages for any request may have been lost with the old one.
   * Publishes repeatable requests again. The others keep waiting: their answers may still come.
   */
  void onInboxReplaced(long now) {
    for (PendingRequest pending : select(PendingRequest::isRepeatable)) {
      guarded(
          pending,
          () -> {
            pending.withdraw(); // else a publication not yet written would be written too
            publishAgainIfRepeatable(pending, "inbox_replaced", now);
          });
    }
  }

  /** Delays every check by a time in which this process could not receive messages. */
  void excuse(long nanos) {
    fair.exclude(nanos);
  }

  /** The process stops: fails every request that still waits. */
  void abandonAll() {
    for (PendingRequest pending : select(each -> true)) {
      guarded(
          pending,
          () ->
              fail(
                  pending,
                  Failure.REQUEST_TIMEOUT,
                  "the client agent stopped before the answer arrived"));
    }
  }

  private List<PendingRequest> select(Predicate<PendingRequest> predicate) {
    return requests.values().stream().filter(predicate).toList();
  }

  /**
   * The latest publication never ran: publishes the request again while attempts and time are left.
   */
  private void onNotRun(PendingRequest pending, String why, long now) {
    pending.countFailedPublication();
    if (pending.failedPublications() < MAX_PUBLICATIONS && timeLeft(pending, now) >= 1) {
      publishAgain(pending, why, now);
    } else {
      fail(pending, Failure.BROKER_UNAVAILABLE, "no broker accepted the request");
    }
  }

  /** The connection was lost before the confirm: RabbitMQ may have the request or not. */
  private void onUnknownOutcome(PendingRequest pending, long now) {
    if (pending.isRepeatable()) {
      publishAgainIfRepeatable(pending, "unknown", now);
    } else {
      pending.checkAt(checkTime(now));
    }
  }

  /** The request may have run: publishes it again if it is repeatable, fails it otherwise. */
  private void publishAgainIfRepeatable(PendingRequest pending, String why, long now) {
    if (pending.isRepeatable() && timeLeft(pending, now) >= 1) {
      publishAgain(pending, why, now);
    } else {
      fail(
          pending,
          Failure.BROKER_ACK_TIMEOUT,
          "no broker is known to have the request; it may have run");
    }
  }

  private void publishAgain(PendingRequest pending, String why, long now) {
    UUID id = newId.get();
    log.debug(
        "event=published_again client_req_id={} latest_id={} why={}", pending.firstId(), id, why);
    publish(pending, id, now);
  }

  private void publish(PendingRequest pending, UUID id, long now) {
    guarded(pending, () -> publishUnguarded(pending, id, now));
  }

  private void publishUnguarded(PendingRequest pending, UUID id, long now) {
    pending.onPublish(id, now);
    byId.put(id, pending);
    long ttl = timeLeft(pending, now);
    long full = ackTimeout.toMillis();
    long expiration = Math.min(full, ttl);
    pending.setWithdrawal(
        publisher.publish(
            new RequestPublisher.RequestPublication(
                new ClientRequest(clientId, id, ttl, pending.request()),
                expiration,
                expiration == full ? batchingOf(pending) : Batching.ALONE,
                now + TimeUnit.MILLISECONDS.toNanos(expiration))));
  }

  private static Batching batchingOf(PendingRequest pending) {
    return pending.isRepeatable() ? Batching.REPEATABLE : Batching.NOT_REPEATABLE;
  }

  /** Returns the milliseconds left for the broker. Below 1, nothing is published. */
  private static long timeLeft(PendingRequest pending, long now) {
    return TimeLeft.millisForNextHop(pending.deadline(), now);
  }

  private long checkTime(long now) {
    return fair.at(now) + 2 * ackTimeout.toNanos();
  }

  private void fail(PendingRequest pending, Failure failure, String message) {
    fail(pending, new EventError(failure, message, Hop.CLIENT_AGENT));
  }

  private void fail(PendingRequest pending, EventError error) {
    forget(pending, error.failure().code());
    pending.caller().fail(error);
  }

  private void forget(PendingRequest pending, String why) {
    requests.remove(pending.firstId());
    pending.ids().forEach(byId::remove);
    log.debug("event=forgotten client_req_id={} why={}", pending.firstId(), why);
  }

  /** Returns the number of entries in all maps. For tests that look for leaks. */
  int entries() {
    return requests.size() + byId.size() + abandoned.size();
  }
}
