package io.github.httplongcut.client;

import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication.Batching;

/**
 * Publishes requests and cancels for {@link PendingRequests}. Called on the loop. Must not block,
 * and must not call {@link PendingRequests} from within a method.
 */
interface RequestPublisher {

  /**
   * One publication of a request.
   *
   * @param event with a {@code client_req_id} that no other publication has
   * @param expirationMillis AMQP {@code expiration}, at least 1
   * @param batching requests with which it may share an AMQP message
   * @param giveUpAt {@link System#nanoTime} until which the publication may wait for a connection
   */
  record RequestPublication(
      ClientRequest event, long expirationMillis, Batching batching, long giveUpAt) {

    /** Returns {@code <upstream_target>.<client_id>}. */
    String routingKey() {
      return Topology.targetKey(event.request().upstreamTarget(), event.clientId());
    }
  }

  /**
   * Publishes the request once and reports the outcome to {@link PendingRequests#onOutcome}.
   *
   * @return a task that withdraws the publication if it is not written yet. A withdrawn publication
   *     has no outcome
   */
  Runnable publish(RequestPublication publication);

  /** Sends {@code brokerId} a {@code client_cancel}. */
  void cancel(ClientCancel cancel, ProcessId brokerId);
}
