package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Effect;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.TimeLeft;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;

/**
 * Turns the router's effects into publications: sets the routing key, expiration, tries and
 * batching (docs/protocol.md sections 3, 4 and 7).
 */
final class BrokerMessages {

  private volatile ProcessId brokerId;
  private final Duration ackTimeout;
  private final String version;

  BrokerMessages(ProcessId brokerId, Duration ackTimeout, String version) {
    this.brokerId = brokerId;
    this.ackTimeout = ackTimeout;
    this.version = version;
  }

  /** Sets the id under which the broker publishes from now on. */
  void setBrokerId(ProcessId newId) {
    brokerId = newId;
  }

  /** Returns the id under which the broker publishes. Thread-safe. */
  ProcessId brokerId() {
    return brokerId;
  }

  /** Returns a publication to a client agent, which expires when the client agent stops waiting. */
  static Publication toClient(Event event, ProcessId clientId, long endsAt, long now) {
    return Publication.of(event, clientId.toString(), endsAt)
        .tried(Tries.UNLESS_NACKED)
        .expiringAfter(Math.max(1, TimeLeft.millis(endsAt, now)));
  }

  static Publication acknowledge(Effect.Acknowledge acknowledge, long now) {
    ClientRequest of = acknowledge.of();
    return toClient(acknowledge.ack(), of.clientId(), acknowledge.endsAt(), now)
        .batched(of.request().isRepeatable() ? Batching.UNHURRIED : Batching.ANY);
  }

  Publication dispatch(Effect.Dispatch dispatch) {
    BrokerRequest request = dispatch.request();
    return Publication.of(
            request,
            Topology.targetKey(request.request().upstreamTarget(), dispatch.upstreamId()),
            dispatch.giveUpAt())
        .tried(Tries.ONCE)
        .batched(batching(request, dispatch.expirationMillis()))
        .expiringAfter(dispatch.expirationMillis())
        .withBrokerId(brokerId.toString());
  }

  Publication cancel(Effect.Cancel cancel, long now) {
    return forAckTimeout(
        cancel.cancel(), Topology.targetKey(cancel.upstreamTarget(), cancel.upstreamId()), now);
  }

  Publication hello(long now) {
    return forAckTimeout(new BrokerHello(brokerId, version), "", now);
  }

  /**
   * Returns a publication that expires after the ack timeout. The broker's id in the AMQP headers
   * makes RabbitMQ dead-letter the message to this broker, and not as an orphan to all brokers.
   */
  private Publication forAckTimeout(Event event, String routingKey, long now) {
    return Publication.of(event, routingKey, now + ackTimeout.toNanos())
        .tried(Tries.UNLESS_NACKED)
        .expiringAfter(ackTimeout.toMillis())
        .withBrokerId(brokerId.toString());
  }

  private Batching batching(BrokerRequest request, long expirationMillis) {
    if (expirationMillis < ackTimeout.toMillis()) {
      return Batching.ALONE;
    }
    return request.request().isRepeatable() ? Batching.REPEATABLE : Batching.NOT_REPEATABLE;
  }
}
