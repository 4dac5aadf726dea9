package io.github.httplongcut.broker;

import io.github.httplongcut.amqp.Delivery;
import io.github.httplongcut.amqp.Delivery.Envelope;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Set;

/**
 * Checks that a payload claims no more than RabbitMQ vouches for: the routing key and the user,
 * which it has checked against the permissions (docs/protocol.md section 8). Only the router knows
 * who may speak of a dispatch.
 */
final class EnvelopeCheck {

  private final Set<String> brokerUsers;

  /**
   * @param brokerUsers RabbitMQ users that brokers log in as, this one's among them
   */
  EnvelopeCheck(Set<String> brokerUsers) {
    this.brokerUsers = Set.copyOf(brokerUsers);
  }

  /** Returns whether every event of the delivery may be believed. */
  boolean isHonest(Delivery delivery) {
    Envelope envelope = delivery.envelope();
    return delivery.events().stream().allMatch(event -> isHonest(event, envelope));
  }

  private boolean isHonest(Event event, Envelope envelope) {
    return switch (event.type()) {
      case CLIENT_REQUEST -> isHonest((ClientRequest) event, envelope);
      case CLIENT_CANCEL -> isFrom(((ClientCancel) event).clientId(), envelope);
      case BROKER_REQUEST_ACK -> isFrom(((BrokerRequestAck) event).upstreamId(), envelope);
      case UPSTREAM_HEARTBEAT -> isHonest((UpstreamHeartbeat) event, envelope);
      // Ours or another broker's, come back. An agent can have any message come back here.
      case BROKER_REQUEST ->
          envelope.origin() != Origin.SENT && brokerUsers.contains(envelope.userId());
      case UPSTREAM_RESPONSE -> true;
      case UPSTREAM_ERROR ->
          !envelope.origin().isOrphaned() || ProcessId.isId(envelope.routingKey());
      case CLIENT_REQUEST_ACK, BROKER_RESPONSE, BROKER_ERROR, BROKER_HELLO, BROKER_CANCEL ->
          envelope.origin() != Origin.SENT;
    };
  }

  private static boolean isHonest(ClientRequest request, Envelope envelope) {
    String key = Topology.targetKey(request.request().upstreamTarget(), request.clientId());
    return envelope.routingKey().equals(key) && isFrom(request.clientId(), envelope);
  }

  private static boolean isHonest(UpstreamHeartbeat heartbeat, Envelope envelope) {
    String key = Topology.targetKey(heartbeat.upstreamTarget(), heartbeat.upstreamId());
    return envelope.routingKey().equals(key) && isFrom(heartbeat.upstreamId(), envelope);
  }

  private static boolean isFrom(ProcessId id, Envelope envelope) {
    return id.user().equals(envelope.userId());
  }
}
