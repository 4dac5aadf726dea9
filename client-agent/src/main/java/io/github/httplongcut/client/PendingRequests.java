package io.github.httplongcut.client;

import io.github.httplongcut.amqp.Outcome;
import io.github.httplongcut.amqp.Publication.Batching;
import io.github.httplongcut.client.PendingRequest.Incoming;
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
 * Every request that waits for its answer: the client agent's part of protocol section 4, and who
 * decides there. Does no I/O, reads no clock, takes no lock and belongs to the loop. State changes
 * first, {@link RequestPublisher} and {@link Caller} second.
 *
 * <p>Deadlines of callers are on the real clock. Checks on others are on a fair one, which stands
 * while this process could not hear them: {@link #excuse}.
 */
final class PendingRequests {

  /** A request that did not run is published three times in all. */
  static final int PUBLICATIONS = 3;

  private static final Logger log = LoggerFactory.getLogger(PendingRequests.class);

  private final ProcessId clientId;
  private final Duration ackTimeout;
  private final RequestPublisher outbox;
  private final Supplier<UUID> newId;

  /** Each request under its first id, oldest first. */
  private final Map<UUID, PendingRequest> requests = new LinkedHashMap<>();

  /** The same requests, each under every id that it was published with. */
  private final Map<UUID, PendingRequest> byId = new HashMap<>();

  /** Of requests that are forgotten. */
  private final AbandonedRequests hungUp;

  /** How far the fair clock is behind. */
  private long excusedNanos;

  /**
   * @param newId makes the {@code client_req_id}s after a request's first one
   */
  PendingRequests(
      ProcessId clientId, Duration ackTimeout, RequestPublisher outbox, Supplier<UUID> newId) {
    this.clientId = clientId;
    this.ackTimeout = ackTimeout;
    this.outbox = outbox;
    this.newId = newId;
    this.hungUp =
        new AbandonedRequests(2 * ackTimeout.toNanos()); // as with the check: later nobody acks it
  }

  /** How many wait. */
  int size() {
    return requests.size();
  }

  /** A caller's request: registered, then published. */
  void add(Incoming incoming, long now) {
    PendingRequest pending = new PendingRequest(incoming);
    requests.put(pending.firstId(), pending);
    if (timeLeft(pending, now) < 1) {
      fail(pending, Failure.REQUEST_TIMEOUT, "its time was up before it was published");
      return;
    }
    publish(pending, pending.firstId(), now);
  }

  /** What became of a publication. */
  void onOutcome(UUID clientReqId, Outcome outcome, long now) {
    PendingRequest pending = byId.get(clientReqId);
    if (pending == null || !pending.isLatest(clientReqId)) {
      return; // answered, or published again: its fate does not matter any more
    }
    pending.settled();
    switch (outcome) {
      case CONFIRMED -> {
        if (pending.isHandedOver()) { // a broker may have been faster
          pending.checkAt(checkTime(now));
        }
      }
      case RETURNED -> comeBack(pending, "returned", now);
      case NACKED, INBOX_BUSY ->
          fail(pending, Failure.OVERLOADED, "RabbitMQ's queue of requests is full");
      case REFUSED ->
          fail(
              pending,
              Failure.TARGET_FORBIDDEN,
              "RabbitMQ's permissions do not let this client agent use the upstream target");
      case BLOCKED -> fail(pending, Failure.OVERLOADED, "RabbitMQ takes no messages now");
      case NO_CONNECTION ->
          fail(pending, Failure.BROKER_UNAVAILABLE, "there is no connection to RabbitMQ");
      case UNKNOWN -> {
        if (pending.isHandedOver()) {
          onUnknownFate(pending, now);
        }
      }
    }
  }

  /**
   * A broker has a request. Of an id that is not the latest it only says whom to cancel; after the
   * answer, which may be faster, nothing.
   */
  void onAck(ClientRequestAck ack, long now) {
    PendingRequest pending = byId.get(ack.clientReqId());
    if (pending != null) {
      pending.acked(ack, now);
    } else if (hungUp.contains(ack.clientReqId())) {
      cancel(ack);
    }
  }

  /**
   * The answer, to any id of a request.
   *
   * @return whether anybody waited for it
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
   * A broker says why there is no answer.
   *
   * @param orphaned it was for a broker that is gone: a repeatable request then comes back by
   *     itself
   * @return whether anybody waited for it
   */
  boolean onError(BrokerError event, boolean orphaned, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null
        || !pending.isLatest(event.clientReqId())
        || (orphaned && pending.isRepeatable())
        || !pending.mayBeSaidBy(event)) {
      return false;
    }
    if (event.error().failure() == Failure.NOT_RUN) {
      comeBack(pending, "not_run", now);
      return true;
    }
    // Later it is a wait that has ended: that says nothing of the room for others.
    if (event.error().failure() == Failure.UPSTREAM_BUSY
        && pending.isPublishedWithin(ackTimeout, now)) {
      pending.caller().foundNoRoom();
    }
    fail(pending, event.error());
    return true;
  }

  /**
   * A request came back as a dead letter: it never ran.
   *
   * @return whether that matters to anybody
   */
  boolean onDeadLetter(ClientRequest event, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null || !pending.isLatest(event.clientReqId())) {
      return false;
    }
    comeBack(pending, "dead_letter", now);
    return true;
  }

  /**
   * A broker had a request and lost the connection by which it came, and RabbitMQ cannot tell
   * whether it has settled it before: its answer may still come.
   *
   * @return whether that matters to anybody
   */
  boolean onInDoubt(ClientRequest event, long now) {
    PendingRequest pending = byId.get(event.clientReqId());
    if (pending == null || !pending.isLatest(event.clientReqId())) {
      return false;
    }
    if (!pending.isRepeatable()) {
      log.debug("event=in_doubt client_req_id={}", pending.firstId());
      pending.checkAt(checkTime(now)); // even if a broker has acked it: that one may be gone
      return true;
    }
    pending.countComeback();
    if (pending.cameBack() < PUBLICATIONS) {
      tryAgain(pending, "in_doubt", now);
    } else { // it may be what ends the brokers
      fail(pending, Failure.BROKER_ACK_TIMEOUT, "every broker that had it was lost");
    }
    return true;
  }

  /**
   * Whether the delivery of {@code event} must be settled before it is handed over here (section 4,
   * rule 1): it makes a request run again that is not repeatable.
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

  /** The caller hung up: whoever has the request, or comes to have it, need not go on. */
  void onHungUp(UUID firstId, long now) {
    PendingRequest pending = requests.get(firstId);
    if (pending == null) {
      return;
    }
    forget(pending, "hung_up");
    pending.takeBack();
    // Acked or not: when a broker dies, RabbitMQ gives what it had to another, which acks it anew.
    pending.ids().forEach(id -> hungUp.add(id, now));
    pending.acks().forEach(this::cancel);
  }

  private void cancel(ClientRequestAck ack) {
    outbox.cancel(new ClientCancel(clientId, ack.clientReqId(), ack.brokerReqId()), ack.brokerId());
  }

  /** Deadlines and checks. */
  void onTick(long now) {
    long fairNow = now - excusedNanos;
    hungUp.onTick(now);
    for (PendingRequest pending : select(each -> now - each.deadline() >= 0)) {
      guarded(
          pending, () -> fail(pending, Failure.REQUEST_TIMEOUT, "nothing was heard of it in time"));
    }
    for (PendingRequest pending : select(each -> each.isCheckDue(fairNow))) {
      guarded(pending, () -> tryAgain(pending, "check", now));
    }
  }

  /** A bug costs this request and no other. */
  private void guarded(PendingRequest pending, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      log.error("event=bug client_req_id={}", pending.firstId(), bug);
      if (requests.containsKey(pending.firstId())) {
        fail(pending, Failure.INTERNAL_ERROR, "a bug: see the client agent's log");
      }
    }
  }

  /**
   * What was said of any request may have been lost with the inbox. What is repeatable is published
   * again; the others wait on, since their answers may still be on their way.
   */
  void onInboxReplaced(long now) {
    for (PendingRequest pending : select(PendingRequest::isRepeatable)) {
      guarded(
          pending,
          () -> {
            pending.takeBack(); // or what was held until now would go out twice
            tryAgain(pending, "inbox_replaced", now);
          });
    }
  }

  /** Time in which others could not be heard: no check counts it. */
  void excuse(long nanos) {
    excusedNanos += nanos;
  }

  /** The process stops: whoever still waits is told that the fate is unknown. */
  void abandonAll() {
    for (PendingRequest pending : select(each -> true)) {
      guarded(
          pending,
          () -> fail(pending, Failure.REQUEST_TIMEOUT, "the client agent stopped while it waited"));
    }
  }

  private List<PendingRequest> select(Predicate<PendingRequest> predicate) {
    return requests.values().stream().filter(predicate).toList();
  }

  /** It never ran. */
  private void comeBack(PendingRequest pending, String why, long now) {
    pending.countComeback();
    if (pending.cameBack() < PUBLICATIONS && timeLeft(pending, now) >= 1) {
      publishAgain(pending, why, now);
    } else {
      fail(pending, Failure.BROKER_UNAVAILABLE, "no broker took it");
    }
  }

  /** The connection was lost before the confirm: it is with RabbitMQ, or it is not. */
  private void onUnknownFate(PendingRequest pending, long now) {
    if (pending.isRepeatable()) {
      tryAgain(pending, "unknown", now);
    } else {
      pending.checkAt(checkTime(now));
    }
  }

  /** Nobody knows whether it ran. */
  private void tryAgain(PendingRequest pending, String why, long now) {
    if (pending.isRepeatable() && timeLeft(pending, now) >= 1) {
      publishAgain(pending, why, now);
    } else {
      fail(pending, Failure.BROKER_ACK_TIMEOUT, "no broker said that it has it");
    }
  }

  private void publishAgain(PendingRequest pending, String why, long now) {
    UUID id = newId.get();
    log.debug(
        "event=published_again client_req_id={} latest_id={} why={}", pending.firstId(), id, why);
    publish(pending, id, now);
  }

  private void publish(PendingRequest pending, UUID id, long now) {
    guarded(pending, () -> handOver(pending, id, now));
  }

  private void handOver(PendingRequest pending, UUID id, long now) {
    pending.handOver(id, now);
    byId.put(id, pending);
    long ttl = timeLeft(pending, now);
    long full = ackTimeout.toMillis();
    long expiration = Math.min(full, ttl);
    pending.onTakeBack(
        outbox.publish(
            new RequestPublisher.Attempt(
                new ClientRequest(clientId, id, ttl, pending.request()),
                expiration,
                expiration == full ? batchingOf(pending) : Batching.ALONE,
                now + TimeUnit.MILLISECONDS.toNanos(expiration))));
  }

  private static Batching batchingOf(PendingRequest pending) {
    return pending.isRepeatable() ? Batching.REPEATABLE : Batching.NOT_REPEATABLE;
  }

  /** What the broker is given: at least 1, or nothing is published. */
  private static long timeLeft(PendingRequest pending, long now) {
    return TimeLeft.millisForNextHop(pending.deadline(), now);
  }

  private long checkTime(long now) {
    return now - excusedNanos + 2 * ackTimeout.toNanos();
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

  /** Entries in all maps together, for tests of leaks. */
  int entries() {
    return requests.size() + byId.size() + hungUp.size();
  }
}
