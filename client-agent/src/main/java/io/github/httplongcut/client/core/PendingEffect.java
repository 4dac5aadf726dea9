package io.github.httplongcut.client.core;

import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import java.util.Optional;
import java.util.UUID;

/**
 * An action that {@link PendingRequests} asks of the client agent's loop. The loop carries the
 * effects out in the order in which they were returned. A caller gets one {@link Answer} or {@link
 * Refuse}, or none if it hung up.
 */
public sealed interface PendingEffect {

  /** One constant for each effect, so that a switch over them must handle them all. */
  enum Type {
    PUBLISH,
    WITHDRAW,
    CANCEL,
    REPORT_ACK,
    REPORT_BUSY,
    ANSWER,
    REFUSE
  }

  /** Returns the constant of this record. */
  Type type();

  /**
   * Publishes a request to the brokers once, then calls {@link PendingRequests#onOutcome}.
   *
   * @param request with a {@code client_req_id} that no other publication has
   * @param expirationMillis at least 1
   * @param giveUpAt {@code nanoTime} after which the request is not written any more
   */
  record Publish(ClientRequest request, Caller caller, long expirationMillis, long giveUpAt)
      implements PendingEffect {
    @Override
    public Type type() {
      return Type.PUBLISH;
    }
  }

  /**
   * Takes a publication back if it is not written yet. It then has no outcome.
   *
   * @param clientReqId the id of the publication
   */
  record Withdraw(UUID clientReqId) implements PendingEffect {
    @Override
    public Type type() {
      return Type.WITHDRAW;
    }
  }

  /** Tells the broker that no caller waits for the answer. */
  record Cancel(ClientCancel cancel, ProcessId brokerId) implements PendingEffect {
    @Override
    public Type type() {
      return Type.CANCEL;
    }
  }

  /**
   * Reports that a broker has acked the request. May come more than once, or never.
   *
   * @param brokerId the broker that acked; empty if the answer came earlier
   */
  record ReportAck(Caller caller, AckTimes times, Optional<ProcessId> brokerId)
      implements PendingEffect {
    @Override
    public Type type() {
      return Type.REPORT_ACK;
    }
  }

  /** Reports that a broker had no room for the request. {@link Refuse} follows. */
  record ReportBusy(Caller caller) implements PendingEffect {
    @Override
    public Type type() {
      return Type.REPORT_BUSY;
    }
  }

  /**
   * Answers the caller with the response of the upstream server.
   *
   * @param firstId the first {@code client_req_id} of the request, for the log
   */
  record Answer(UUID firstId, Caller caller, Response response) implements PendingEffect {
    @Override
    public Type type() {
      return Type.ANSWER;
    }
  }

  /**
   * Answers the caller with an error.
   *
   * @param firstId the first {@code client_req_id} of the request, for the log
   * @param error never {@code not_run}
   */
  record Refuse(UUID firstId, Caller caller, EventError error) implements PendingEffect {
    @Override
    public Type type() {
      return Type.REFUSE;
    }
  }
}
