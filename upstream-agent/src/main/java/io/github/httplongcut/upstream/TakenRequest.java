package io.github.httplongcut.upstream;

import io.github.httplongcut.amqp.Delivery;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.util.UUID;

/** A request that the agent has taken and not yet answered. Belongs to the loop. */
final class TakenRequest {

  /** Where it stands; a step back does not exist. */
  enum State {
    /** It is not repeatable and waits for RabbitMQ's word that it cannot come back. */
    SETTLING,
    /** The HTTP call is under way. */
    RUNNING,
    /** The answer is published and not confirmed. */
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

  /** What the agent was called when it took it. */
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

  /** When the broker's time for it is up. */
  long deadline() {
    return deadline;
  }

  /** When the HTTP call's time is up. */
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
   * Its answer is published.
   *
   * @param bytes of memory that its header fields and content take up
   */
  void answering(long bytes) {
    state = State.ANSWERING;
    answerBytes = bytes;
  }

  /** Bytes of memory that its answer's header fields and content take up. */
  long answerBytes() {
    return answerBytes;
  }

  /** It came again, since the delivery so far was lost. */
  void redelivered(Delivery again) {
    delivery = again;
  }

  /** Nothing more will be said of it: RabbitMQ may forget it. */
  void deliveryDone() {
    delivery.done();
  }

  /** Its ids and target for the log, which asks for them only where it writes them. */
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
