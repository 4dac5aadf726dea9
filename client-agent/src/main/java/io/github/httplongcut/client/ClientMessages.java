package io.github.httplongcut.client;

import io.github.httplongcut.client.core.PendingEffect;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;

/**
 * Turns effects into publications: sets the routing key, expiration, tries and batching
 * (docs/protocol.md sections 3, 4 and 7).
 */
final class ClientMessages {

  private final Duration ackTimeout;

  ClientMessages(Duration ackTimeout) {
    this.ackTimeout = ackTimeout;
  }

  Publication publish(PendingEffect.Publish publish) {
    ClientRequest event = publish.request();
    return Publication.of(
            event,
            Topology.targetKey(event.request().upstreamTarget(), event.clientId()),
            publish.giveUpAt())
        .tried(Tries.ONCE)
        .batched(batching(event, publish.expirationMillis()))
        .expiringAfter(publish.expirationMillis());
  }

  Publication cancel(PendingEffect.Cancel cancel, long now) {
    return Publication.of(cancel.cancel(), cancel.brokerId().toString(), now + ackTimeout.toNanos())
        .expiringAfter(ackTimeout.toMillis());
  }

  private Batching batching(ClientRequest event, long expirationMillis) {
    if (expirationMillis < ackTimeout.toMillis()) {
      return Batching.ALONE;
    }
    return event.request().isRepeatable() ? Batching.REPEATABLE : Batching.NOT_REPEATABLE;
  }
}
