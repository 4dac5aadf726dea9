package io.github.httplongcut.broker;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import java.util.Set;

/**
 * Checks a payload against the routing key and the user of its message, which RabbitMQ has checked
 * against the permissions (docs/protocol.md section 8). The router checks that an event about a
 * dispatch comes from the user of the agent that has the dispatch.
 */
final class EnvelopeCheck {

  private final Set<String> brokerUsers;

  /**
   * @param brokerUsers the RabbitMQ users of all brokers, this broker's own included
   */
  EnvelopeCheck(Set<String> brokerUsers) {
    this.brokerUsers = Set.copyOf(brokerUsers);
  }

  /** Returns whether every event of the delivery agrees with its envelope. */
  boolean accepts(Delivery delivery) {
    Envelope envelope = delivery.envelope();
    return delivery.events().stream().allMatch(event -> accepts(event, envelope));
  }

  private boolean accepts(Event event, Envelope envelope) {
    return switch (event.type()) {
      case CLIENT_REQUEST -> accepts((ClientRequest) event, envelope);
      case CLIENT_CANCEL -> isFrom(((ClientCancel) event).clientId(), envelope);
      case BROKER_REQUEST_ACK -> isFrom(((BrokerRequestAck) event).upstreamId(), envelope);
      case UPSTREAM_HEARTBEAT -> accepts((UpstreamHeartbeat) event, envelope);
      // A dispatch of this or another broker that came back. An agent can make any message of its
      // own come back to a broker, so the user must be a broker's.
      case BROKER_REQUEST ->
          envelope.origin() != Origin.SENT && brokerUsers.contains(envelope.userId());
      case UPSTREAM_RESPONSE -> true;
      case UPSTREAM_ERROR ->
          !envelope.origin().isOrphaned() || ProcessId.isId(envelope.routingKey());
      case CLIENT_REQUEST_ACK, BROKER_RESPONSE, BROKER_ERROR, BROKER_HELLO, BROKER_CANCEL ->
          envelope.origin() != Origin.SENT;
      case BROKER_STATUS -> false; // comes by the link to the other brokers only
    };
  }

  private static boolean accepts(ClientRequest request, Envelope envelope) {
    String key = Topology.targetKey(request.request().upstreamTarget(), request.clientId());
    return envelope.routingKey().equals(key) && isFrom(request.clientId(), envelope);
  }

  private static boolean accepts(UpstreamHeartbeat heartbeat, Envelope envelope) {
    String key = Topology.targetKey(heartbeat.upstreamTarget(), heartbeat.upstreamId());
    return envelope.routingKey().equals(key) && isFrom(heartbeat.upstreamId(), envelope);
  }

  private static boolean isFrom(ProcessId id, Envelope envelope) {
    return id.user().equals(envelope.userId());
  }
}
