package io.github.httplongcut.client;

import io.github.httplongcut.amqp.Publication.Batching;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;

/**
 * What {@link PendingRequests} has sent. Called on the loop; must not block, and must not call back
 * from within.
 */
interface RequestPublisher {

  /**
   * One attempt at a request.
   *
   * @param event with a {@code client_req_id} of its own
   * @param expirationMillis AMQP's; at least 1
   * @param batching with whom it may share an AMQP message
   * @param giveUpAt {@link System#nanoTime} until which it waits for a connection
   */
  record Attempt(ClientRequest event, long expirationMillis, Batching batching, long giveUpAt) {

    /** {@code <upstream_target>.<client_id>}. */
    String routingKey() {
      return Topology.targetKey(event.request().upstreamTarget(), event.clientId());
    }
  }

  /**
   * Publishes it once; its outcome goes to {@link PendingRequests#onOutcome}.
   *
   * @return takes it back, if it is not written yet: then nothing is heard of it
   */
  Runnable publish(Attempt attempt);

  /** Tells that broker that nobody waits any more. */
  void cancel(ClientCancel cancel, ProcessId brokerId);
}
