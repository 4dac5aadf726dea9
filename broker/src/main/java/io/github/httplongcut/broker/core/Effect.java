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
 * An action that the router asks of the broker's loop. The loop carries the effects out in the
 * order in which the router returned them. Points in time are {@code nanoTime}. {@code endsAt} is
 * the time at which the client agent stops waiting: nothing is published after it.
 */
public sealed interface Effect {

  /** One constant for each effect, so that a switch over them must handle them all. */
  enum Type {
    SETTLE,
    DONE,
    ACKNOWLEDGE,
    DISPATCH,
    CANCEL,
    RESPOND,
    REFUSE,
    REFUSE_ORPHAN
  }

  /** Returns the constant of this record. */
  Type type();

  /** Settles the delivery, then calls {@link Router#onSettled}. */
  record Settle(Receipt receipt) implements Effect {
    @Override
    public Type type() {
      return Type.SETTLE;
    }
  }

  /** Marks one of the delivery's requests as done, without an answer. */
  record Done(Receipt receipt) implements Effect {
    @Override
    public Type type() {
      return Type.DONE;
    }
  }

  /**
   * Acks a request to its client agent.
   *
   * @param of the request
   */
  record Acknowledge(ClientRequestAck ack, ClientRequest of, long endsAt) implements Effect {
    @Override
    public Type type() {
      return Type.ACKNOWLEDGE;
    }
  }

  /**
   * Publishes a request to an agent once, then calls {@link Router#onPublished}.
   *
   * @param upstreamId the agent
   * @param expirationMillis at least 1
   * @param giveUpAt the time after which the dispatch is not written any more
   */
  record Dispatch(BrokerRequest request, ProcessId upstreamId, long expirationMillis, long giveUpAt)
      implements Effect {
    @Override
    public Type type() {
      return Type.DISPATCH;
    }
  }

  /** Tells the agent that no caller waits for the response. */
  record Cancel(BrokerCancel cancel, String upstreamTarget, ProcessId upstreamId)
      implements Effect {
    @Override
    public Type type() {
      return Type.CANCEL;
    }
  }

  /**
   * Publishes a response to the client agent.
   *
   * @param receipt marked as done when the publication has its outcome; empty if the request is
   *     unknown
   */
  record Respond(BrokerResponse response, long endsAt, Optional<Receipt> receipt)
      implements Effect {
    @Override
    public Type type() {
      return Type.RESPOND;
    }
  }

  /**
   * Publishes an error to the client agent.
   *
   * @param receipt marked as done when the publication has its outcome
   */
  record Refuse(BrokerError error, ProcessId clientId, long endsAt, Receipt receipt)
      implements Effect {
    @Override
    public Type type() {
      return Type.REFUSE;
    }
  }

  /**
   * Publishes an error to the client agent, marked as orphaned: the broker that dispatched the
   * request is gone.
   */
  record RefuseOrphan(BrokerError error, ProcessId clientId, long endsAt) implements Effect {
    @Override
    public Type type() {
      return Type.REFUSE_ORPHAN;
    }
  }
}
