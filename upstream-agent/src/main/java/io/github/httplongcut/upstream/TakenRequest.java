package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import java.util.UUID;

/** A request that the agent has taken and whose answer is not confirmed. Belongs to the loop. */
final class TakenRequest {

  /** The states of a request, in order; a request never returns to an earlier one. */
  enum State {
    /** Not started; if the request is not repeatable, its delivery is not settled yet. */
    SETTLING,
    /** The HTTP call is under way. */
    RUNNING,
    /** The answer is handed to the publisher and not confirmed. */
    ANSWERING
  }

  private final ProcessId upstreamId;
  private final BrokerRequest event;
  private final Target target;
  private final UUID upstreamReqId = UUID.randomUUID();
  private final long deadline;
  private Delivery delivery;
  private State state = State.SETTLING;
  private HttpCaller.Call call;
  private long callDeadline;
  private long answerBytes;

  TakenRequest(
      ProcessId upstreamId, BrokerRequest event, Target target, Delivery delivery, long deadline) {
    this.upstreamId = upstreamId;
    this.event = event;
    this.target = target;
    this.delivery = delivery;
    this.deadline = deadline;
  }

  /** Returns the agent's id at the time when it took the request. */
  ProcessId upstreamId() {
    return upstreamId;
  }

  BrokerRequest event() {
    return event;
  }

  UUID brokerReqId() {
    return event.brokerReqId();
  }

  UUID upstreamReqId() {
    return upstreamReqId;
  }

  Target target() {
    return target;
  }

  boolean isRepeatable() {
    return event.request().isRepeatable();
  }

  /** Returns the time, by the loop's clock, at which the broker's TTL for the request ends. */
  long deadline() {
    return deadline;
  }

  /** Returns the time, by the loop's clock, at which the HTTP call times out. */
  long callDeadline() {
    return callDeadline;
  }

  State state() {
    return state;
  }

  void runningUntil(long callDeadline) {
    this.state = State.RUNNING;
    this.callDeadline = callDeadline;
  }

  void call(HttpCaller.Call call) {
    this.call = call;
  }

  HttpCaller.Progress abortCall() {
    return call.abort();
  }

  /**
   * Marks the request as answered.
   *
   * @param bytes memory of the answer's header fields and content
   */
  void answering(long bytes) {
    state = State.ANSWERING;
    answerBytes = bytes;
  }

  /** Returns the memory, in bytes, of the answer's header fields and content. */
  long answerBytes() {
    return answerBytes;
  }

  /** Replaces the delivery, which was lost with its channel, by its redelivery. */
  void redelivered(Delivery again) {
    delivery = again;
  }

  /**
   * Marks the request's event in its delivery as done. The delivery is acked after its last event.
   */
  void deliveryDone() {
    delivery.done();
  }

  /** Returns ids and target for the log. The logger formats them only if it writes the line. */
  @Override
  public String toString() {
    return "client_req_id="
        + event.clientReqId()
        + " broker_req_id="
        + brokerReqId()
        + " upstream_req_id="
        + upstreamReqId
        + " target="
        + target.name();
  }
}
