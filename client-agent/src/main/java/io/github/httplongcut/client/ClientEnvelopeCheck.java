package io.github.httplongcut.client;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import java.util.Optional;

/**
 * Checks that an honest sender can have caused a delivery. RabbitMQ has checked the sender and the
 * routing key. A request is credible only if this process's RabbitMQ user sent it and it came back.
 * Only brokers have permission to write the events of brokers.
 */
final class ClientEnvelopeCheck {

  private final String user;

  ClientEnvelopeCheck(ProcessId clientId) {
    this.user = clientId.user();
  }

  /** Returns the reason to discard the delivery; empty if it is credible. */
  Optional<DiscardReason> reasonToDiscard(Delivery delivery) {
    Delivery.Envelope envelope = delivery.envelope();
    boolean cameBack = envelope.origin() != Origin.SENT;
    return switch (delivery.type()) {
      case CLIENT_REQUEST -> wrongSenderUnless(cameBack && envelope.userId().equals(user));
      case CLIENT_REQUEST_ACK, BROKER_RESPONSE, BROKER_ERROR -> wrongSenderUnless(!cameBack);
      case BROKER_REQUEST,
          BROKER_REQUEST_ACK,
          UPSTREAM_RESPONSE,
          UPSTREAM_ERROR,
          UPSTREAM_HEARTBEAT,
          BROKER_HELLO,
          BROKER_STATUS,
          CLIENT_CANCEL,
          BROKER_CANCEL ->
          Optional.of(DiscardReason.WRONG_RECEIVER);
    };
  }

  private static Optional<DiscardReason> wrongSenderUnless(boolean credible) {
    return credible ? Optional.empty() : Optional.of(DiscardReason.WRONG_SENDER);
  }
}
