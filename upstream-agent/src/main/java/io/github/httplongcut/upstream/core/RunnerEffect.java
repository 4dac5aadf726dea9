package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;

/**
 * An action that the runner asks of the agent's loop. The loop carries the effects out in the order
 * in which the runner returned them.
 */
public sealed interface RunnerEffect {

  /** One constant for each effect, so that a switch over them must handle them all. */
  enum Type {
    SETTLE,
    DONE,
    REJECT,
    DISCARD,
    ACKNOWLEDGE,
    CALL,
    ABORT,
    ANSWER,
    HEARTBEAT
  }

  /** Returns the constant of this record. */
  Type type();

  /** An effect about one request. */
  sealed interface OfRequest extends RunnerEffect {
    TakenRequest request();
  }

  /** Settles the delivery, then calls {@link RequestRunner#onSettled}. */
  record Settle(RequestReceipt receipt) implements RunnerEffect {
    @Override
    public Type type() {
      return Type.SETTLE;
    }
  }

  /** Marks one of the delivery's requests as done. The delivery is acked after its last request. */
  record Done(RequestReceipt receipt) implements RunnerEffect {
    @Override
    public Type type() {
      return Type.DONE;
    }
  }

  /** Rejects the whole delivery, of which nothing has run. */
  record Reject(RequestReceipt receipt) implements RunnerEffect {
    @Override
    public Type type() {
      return Type.REJECT;
    }
  }

  /** Discards the whole delivery: no honest broker can have published it. */
  record Discard(RequestReceipt receipt) implements RunnerEffect {
    @Override
    public Type type() {
      return Type.DISCARD;
    }
  }

  /**
   * Acks a request to its broker.
   *
   * @param expirationMillis at least 1
   */
  record Acknowledge(TakenRequest request, long expirationMillis) implements OfRequest {
    @Override
    public Type type() {
      return Type.ACKNOWLEDGE;
    }
  }

  /**
   * Starts the HTTP call, unless the request's ack has failed, then calls {@link
   * RequestRunner#onResponse} or {@link RequestRunner#onCallFailed}.
   *
   * @param url the complete HTTP request target
   */
  record Call(TakenRequest request, String url) implements OfRequest {
    @Override
    public Type type() {
      return Type.CALL;
    }
  }

  /** Aborts the HTTP call, which then has no result, and calls {@link RequestRunner#onAborted}. */
  record Abort(TakenRequest request) implements OfRequest {
    @Override
    public Type type() {
      return Type.ABORT;
    }
  }

  /**
   * Publishes an answer to the request's broker, then calls {@link RequestRunner#onAnswerDone}.
   *
   * @param answer a response or an error
   * @param expirationMillis at least 1
   */
  record Answer(TakenRequest request, Event answer, AnswerTries tries, long expirationMillis)
      implements OfRequest {
    @Override
    public Type type() {
      return Type.ANSWER;
    }
  }

  /**
   * Publishes a heartbeat.
   *
   * @param giveUpAt the time after which the heartbeat is not written any more
   */
  record Heartbeat(UpstreamHeartbeat heartbeat, long giveUpAt) implements RunnerEffect {
    @Override
    public Type type() {
      return Type.HEARTBEAT;
    }
  }
}
