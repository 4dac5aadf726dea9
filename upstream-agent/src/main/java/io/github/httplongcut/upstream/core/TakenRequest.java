package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.UUID;

/**
 * A request that the agent has taken, with its state. Outside the core it identifies the request:
 * effects carry it, and their results come back with it. Only the runner's classes change it.
 */
public final class TakenRequest {

  private final BrokerRequest event;
  private final BrokerRequestAck ack;
  private final Target target;
  private final long takenAt;
  private final long endsAt;
  private RequestReceipt receipt;
  private RunState state = new RunState.NotStarted();

  /**
   * Creates a request that was just taken.
   *
   * @param ack the ack, with the ids of the request and of the agent at this time
   * @param takenAt the time at which the agent got the request; the broker's TTL begins then
   */
  TakenRequest(
      BrokerRequest event,
      BrokerRequestAck ack,
      Target target,
      RequestReceipt receipt,
      long takenAt) {
    this.event = event;
    this.ack = ack;
    this.target = target;
    this.receipt = receipt;
    this.takenAt = takenAt;
    this.endsAt = takenAt + event.brokerReqTtl() * 1_000_000L;
  }

  BrokerRequest event() {
    return event;
  }

  UUID brokerReqId() {
    return event.brokerReqId();
  }

  UUID upstreamReqId() {
    return ack.upstreamReqId();
  }

  /** Returns the agent's id at the time when it took the request. */
  ProcessId upstreamId() {
    return ack.upstreamId();
  }

  /** Returns the ack for the request's broker. */
  public BrokerRequestAck ack() {
    return ack;
  }

  /** Returns the broker that dispatched the request and gets its ack and answer. */
  public ProcessId brokerId() {
    return event.brokerId();
  }

  /** Returns the HTTP request. */
  public Request http() {
    return event.request();
  }

  public Target target() {
    return target;
  }

  public boolean isRepeatable() {
    return event.request().isRepeatable();
  }

  /** Returns the time at which the agent got the request. */
  public long takenAt() {
    return takenAt;
  }

  /** Returns the time at which the broker's TTL for the request ends. */
  public long endsAt() {
    return endsAt;
  }

  /** Returns whether the request's call is to run, or runs. */
  public boolean isRunning() {
    return state instanceof RunState.Running;
  }

  RunState state() {
    return state;
  }

  void state(RunState state) {
    this.state = state;
  }

  RequestReceipt receipt() {
    return receipt;
  }

  /** Replaces the receipt of a delivery that was lost with its channel. */
  void redelivered(RequestReceipt again) {
    receipt = again;
  }

  /** Returns ids and target for the log. The logger formats them only if it writes the line. */
  @Override
  public String toString() {
    return "client_req_id="
        + event.clientReqId()
        + " broker_req_id="
        + brokerReqId()
        + " upstream_req_id="
        + upstreamReqId()
        + " target="
        + target.name();
  }
}
