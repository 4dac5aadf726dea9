package io.github.httplongcut.client;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.amqp.Delivery;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.amqp.SessionListener;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What RabbitMQ delivers to the client agent: checked by its envelope, settled first where a
 * request may run again because of it (protocol section 4, rule 1), handed over, acked. On the
 * loop.
 */
final class ClientSessionListener implements SessionListener {

  private static final Logger log = LoggerFactory.getLogger(ClientSessionListener.class);

  private final ProcessId clientId;
  private final PendingRequests pending;
  private final LongSupplier clock;
  private final RequestMetrics metrics;
  private final RateLimit warnings = new RateLimit(Duration.ofSeconds(1));
  private final Guard guard = new Guard();
  private boolean inboxIsNew;

  /**
   * @param clock the loop's
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
    if (!isCredible(delivery)) {
      discard(delivery);
      return;
    }
    for (Event event : delivery.events()) {
      if (pending.settlesFirst(event)) {
        delivery.settle(() -> handOver(event, delivery));
      } else {
        guard.run(event.type().wireName(), () -> handOver(event, delivery));
        delivery.done();
      }
    }
  }

  private void discard(Delivery delivery) {
    if (warnings.allows(clock.getAsLong())) {
      log.warn(
          "event=not_credible type={} origin={} user={} suppressed={}",
          delivery.type().wireName(),
          delivery.envelope().origin(),
          quoted(delivery.envelope().userId()),
          warnings.takeSuppressed());
    }
    metrics.countDropped();
    delivery.discard();
  }

  /**
   * RabbitMQ vouches for the sender and the routing key. A request can only be one of this process
   * that came back; what brokers send is bound by a key that only they may write.
   */
  private boolean isCredible(Delivery delivery) {
    Delivery.Envelope envelope = delivery.envelope();
    boolean cameBack = envelope.origin() != Origin.SENT;
    return switch (delivery.type()) {
      case CLIENT_REQUEST -> cameBack && envelope.userId().equals(clientId.user());
      case CLIENT_REQUEST_ACK, BROKER_RESPONSE, BROKER_ERROR -> !cameBack;
      default -> false;
    };
  }

  private void handOver(Event event, Delivery delivery) {
    boolean wanted = false;
    if (event instanceof ClientRequestAck ack) {
      pending.onAck(ack, clock.getAsLong());
      wanted = true;
    } else if (event instanceof BrokerResponse response) {
      wanted = pending.onResponse(response, clock.getAsLong());
    } else if (event instanceof BrokerError error) {
      wanted = pending.onError(error, delivery.envelope().orphaned(), clock.getAsLong());
    } else if (event instanceof ClientRequest request) {
      wanted =
          switch (delivery.envelope().origin()) {
            // Brokers reject only what they are given in doubt.
            case IN_DOUBT, REJECTED -> pending.onInDoubt(request, clock.getAsLong());
            default -> pending.onDeadLetter(request, clock.getAsLong());
          };
    }
    if (!wanted) {
      metrics.countDropped();
      log.debug("event=dropped type={}", event.type().wireName());
    }
  }

  @Override
  public void onInboxReplaced(ProcessId newId) {
    log.info("event=inbox_replaced");
    inboxIsNew = true;
  }

  @Override
  public void onConsuming() {
    log.info("event=consuming");
    if (inboxIsNew) { // and bound: before that, answers to what is published again would be lost
      inboxIsNew = false;
      pending.onInboxReplaced(clock.getAsLong());
    }
  }

  @Override
  public void onConsumingLost() {
    log.info("event=consuming_lost");
  }
}
