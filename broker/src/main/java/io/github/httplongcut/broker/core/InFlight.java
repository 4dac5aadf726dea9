package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.TimeLeft;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Request that the broker holds, with its stage and history. Only the router's classes change it.
 */
final class InFlight {

  private final ClientRequest event;
  private final Receipt receipt;
  private final long receptionNumber;
  private final long endsAt;
  private final long size;
  private final Set<ProcessId> unreachableFrom = new HashSet<>(2);
  private final List<UUID> dispatches = new ArrayList<>(1);
  private UUID brokerReqId;
  private boolean dispatched;
  private int attempts;
  private long waitedNanos;
  private EventError lastError;
  private boolean admitted;
  private boolean hasWaited;
  private boolean mayHaveRun;
  private final Timeline timeline;
  private Stage stage = new Stage.Unassigned();

  /**
   * Creates a request that was just received.
   *
   * @param receptionNumber the order of reception: lower numbers are served first
   * @param receivedAt the time of the reception, on the real clock
   * @param firstBrokerReqId the id of the first dispatch
   */
  InFlight(
      ClientRequest event,
      Receipt receipt,
      long receptionNumber,
      long receivedAt,
      UUID firstBrokerReqId) {
    this.event = event;
    this.receipt = receipt;
    this.receptionNumber = receptionNumber;
    this.endsAt = receivedAt + event.clientReqTtl() * 1_000_000L;
    this.brokerReqId = firstBrokerReqId;
    this.size = sizeOf(event.request());
    this.timeline = new Timeline(firstBrokerReqId, receivedAt);
  }

  ClientRequest event() {
    return event;
  }

  Receipt receipt() {
    return receipt;
  }

  String target() {
    return event.request().upstreamTarget();
  }

  /** Returns the RabbitMQ user of the request's client agent. */
  String user() {
    return event.clientId().user();
  }

  long receptionNumber() {
    return receptionNumber;
  }

  /** Returns the time at which the client agent stops waiting, on the real clock. */
  long endsAt() {
    return endsAt;
  }

  /** Returns the time at which the router answers with an error, early enough for it to arrive. */
  long deadline() {
    return endsAt - TimeLeft.MARGIN.toNanos();
  }

  /** Returns the approximate bytes of memory of the URL, headers and body. */
  long size() {
    return size;
  }

  void setAdmitted() {
    admitted = true;
  }

  /** Returns whether the request counts against the broker's limits. */
  boolean isAdmitted() {
    return admitted;
  }

  /** Returns whether the request was in the waiting room and left it. */
  boolean hasWaited() {
    return hasWaited;
  }

  boolean isRepeatable() {
    return event.request().isRepeatable();
  }

  /**
   * Returns whether the request may be dispatched or answered now: a redelivery is harmless or
   * impossible (docs/protocol.md section 4, rule 1).
   */
  boolean needsNoSettling() {
    return isRepeatable() || receipt.isSettled();
  }

  Stage stage() {
    return stage;
  }

  /** Moves to another stage. Only {@link RequestTable#move} calls this. */
  void stage(Stage to, String why, long now) {
    stage = to;
    timeline.add(to, why, brokerReqId, now);
  }

  /** Notes that the current attempt, which ends without an answer, may have run the request. */
  void setMayHaveRun() {
    mayHaveRun = true;
  }

  /** Returns the facts that decide whether the request has run. */
  Ran.Facts facts() {
    return new Ran.Facts(stage, dispatched, mayHaveRun);
  }

  /** Returns whether this is the id of the request or of one of its dispatches. */
  boolean hasId(UUID id) {
    return event.clientReqId().equals(id) || timeline.hasDispatch(id);
  }

  /** Returns an account of the request in flight for operators. */
  RequestRecord record(Ran ran) {
    return new RequestRecord(
        RequestRecord.Subject.of(event), timeline.copy(), Optional.empty(), ran);
  }

  /** Returns the account of the request, which is over. */
  RequestRecord record(Ending ending, Ran ran) {
    return new RequestRecord(
        RequestRecord.Subject.of(event), timeline.end(), Optional.of(ending), ran);
  }

  /** Returns the id of the latest dispatch; before the first one, the id that it will have. */
  UUID brokerReqId() {
    return brokerReqId;
  }

  boolean neverDispatched() {
    return !dispatched;
  }

  /** Returns the {@code broker_req_id}s of the attempts that may still have events. */
  List<UUID> dispatches() {
    return dispatches;
  }

  void addDispatch(UUID brokerReqId) {
    this.brokerReqId = brokerReqId;
    dispatched = true;
    dispatches.add(brokerReqId);
    attempts++;
  }

  /** Forgets an attempt that can have no further events. */
  void forgetDispatch(UUID brokerReqId) {
    dispatches.remove(brokerReqId);
  }

  /** Makes the last dispatch not count as an attempt. */
  void refundAttempt() {
    attempts--;
  }

  int attempts() {
    return attempts;
  }

  /** Returns the nanoseconds in the waiting room, without the current stay. */
  long waitedNanos() {
    return waitedNanos;
  }

  void addWaited(long nanos) {
    waitedNanos += nanos;
    hasWaited = true;
  }

  Optional<EventError> lastError() {
    return Optional.ofNullable(lastError);
  }

  void setLastError(EventError error) {
    lastError = error;
  }

  /** Returns the agents that could not reach the upstream server for this request. */
  Set<ProcessId> unreachableFrom() {
    return unreachableFrom;
  }

  private static long sizeOf(Request request) {
    return request.url().length()
        + request.headers().footprint()
        + (long) request.body().footprint();
  }
}
