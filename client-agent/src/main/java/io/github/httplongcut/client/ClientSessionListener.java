package io.github.httplongcut.client;

import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.SessionListener;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles the messages that RabbitMQ delivers to the client agent. Checks the envelope, passes the
 * events to {@link PendingRequests} and acks the message. If an event may cause another publication
 * of a request that is not repeatable, settles the message first (protocol section 4, rule 1). On
 * the loop.
 */
final class ClientSessionListener implements SessionListener {

  private static final Logger log = LoggerFactory.getLogger(ClientSessionListener.class);

  private final ProcessId clientId;
  private final PendingRequests pending;
  private final LongSupplier clock;
  private final RequestMetrics metrics;
  private final Guard guard = new Guard();
  private boolean inboxReplaced;

  /**
   * @param clock the loop's clock
   */
  ClientSessionListener(
      ProcessId clientId, PendingRequests pending, LongSupplier clock, RequestMetrics metrics) {
    this.clientId = clientId;
    this.pending = pending;
    this.clock = clock;
    this.metrics = metrics;
  }

  @Override
  public void onDelivery(Delivery delivery) {
    Optional<DiscardReason> wrong = reasonToDiscard(delivery);
    if (wrong.isPresent()) {
      delivery.discard(wrong.get());
      return;
    }
    for (Event event : delivery.events()) {
      if (pending.settlesFirst(event)) {
        delivery.settle(() -> handle(event, delivery));
      } else {
        guard.run(event.type().wireName(), () -> handle(event, delivery));
        delivery.done();
      }
    }
  }

  /**
   * Returns the reason to discard the delivery; empty if an honest sender can have caused it.
   * RabbitMQ has checked the sender and the routing key. A request is credible only if this
   * process's RabbitMQ user sent it and it came back. Only brokers have permission to write the
   * events of brokers.
   */
  private Optional<DiscardReason> reasonToDiscard(Delivery delivery) {
    Delivery.Envelope envelope = delivery.envelope();
    boolean cameBack = envelope.origin() != Origin.SENT;
    return switch (delivery.type()) {
      case CLIENT_REQUEST ->
          wrongSenderUnless(cameBack && envelope.userId().equals(clientId.user()));
      case CLIENT_REQUEST_ACK, BROKER_RESPONSE, BROKER_ERROR -> wrongSenderUnless(!cameBack);
      case BROKER_REQUEST,
          BROKER_REQUEST_ACK,
          UPSTREAM_RESPONSE,
          UPSTREAM_ERROR,
          UPSTREAM_HEARTBEAT,
          BROKER_HELLO,
          CLIENT_CANCEL,
          BROKER_CANCEL ->
          Optional.of(DiscardReason.WRONG_RECEIVER);
    };
  }

  private static Optional<DiscardReason> wrongSenderUnless(boolean credible) {
    return credible ? Optional.empty() : Optional.of(DiscardReason.WRONG_SENDER);
  }

  private void handle(Event event, Delivery delivery) {
    if (!passOn(event, delivery.envelope())) {
      metrics.countDropped();
      log.debug("event=dropped type={}", event.type().wireName());
    }
  }

  /** Passes the event to its request. Returns whether a request waited for it. */
  private boolean passOn(Event event, Delivery.Envelope envelope) {
    long now = clock.getAsLong();
    return switch (event.type()) {
      case CLIENT_REQUEST_ACK -> {
        pending.onAck((ClientRequestAck) event, now);
        yield true;
      }
      case BROKER_RESPONSE -> pending.onResponse((BrokerResponse) event, now);
      case BROKER_ERROR -> pending.onError((BrokerError) event, envelope.orphaned(), now);
      case CLIENT_REQUEST -> onReturnedRequest((ClientRequest) event, envelope.origin(), now);
      case BROKER_REQUEST,
          BROKER_REQUEST_ACK,
          UPSTREAM_RESPONSE,
          UPSTREAM_ERROR,
          UPSTREAM_HEARTBEAT,
          BROKER_HELLO,
          CLIENT_CANCEL,
          BROKER_CANCEL ->
          throw new IllegalStateException("discarded before: " + event.type());
    };
  }

  private boolean onReturnedRequest(ClientRequest request, Origin origin, long now) {
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
      pending.onInboxReplaced(clock.getAsLong());
    }
  }

  @Override
  public void onConsumingLost() {
    log.info("event=consuming_lost");
  }
}
