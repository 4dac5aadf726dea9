package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Optional;

/**
 * What the router wants done, in this order. Every point in time is {@code nanoTime}; {@code
 * endsAt} is when the client agent stops waiting: nothing is published after it.
 */
public sealed interface Effect {

  /** Settle the delivery, then call {@link Router#onSettled}. */
  record Settle(Receipt receipt) implements Effect {}

  /** One of the delivery's requests needs it no more, without an answer. */
  record Done(Receipt receipt) implements Effect {}

  /**
   * Tell the client agent that its request is here.
   *
   * @param of the request
   */
  record Acknowledge(ClientRequestAck ack, ClientRequest of, long endsAt) implements Effect {}

  /**
   * Publish once, then call {@link Router#onPublished}.
   *
   * @param upstreamId the agent
   * @param expirationMillis at least 1
   * @param giveUpAt when it is no longer worth writing
   */
  record Dispatch(BrokerRequest request, ProcessId upstreamId, long expirationMillis, long giveUpAt)
      implements Effect {}

  /** Tell the agent that nobody waits for it any more. */
  record Cancel(BrokerCancel cancel, String upstreamTarget, ProcessId upstreamId)
      implements Effect {}

  /**
   * Answer.
   *
   * @param receipt needed no more once the publication is done; empty if the request is unknown
   */
  record Respond(BrokerResponse response, long endsAt, Optional<Receipt> receipt)
      implements Effect {}

  /**
   * Answer that there is no answer.
   *
   * @param receipt needed no more once the publication is done
   */
  record Refuse(BrokerError error, ProcessId clientId, long endsAt, Receipt receipt)
      implements Effect {}

  /** Send on an error that was for a broker that is gone, marked as orphaned. */
  record RefuseOrphan(BrokerError error, ProcessId clientId, long endsAt) implements Effect {}
}
