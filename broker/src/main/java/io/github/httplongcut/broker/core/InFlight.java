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

/** A request that the broker holds, and what it remembers of it. Changed by {@link Router} only. */
final class InFlight {

  private final ClientRequest event;
  private final Receipt receipt;
  private final long number;
  private final long endsAt;
  private final long size;
  private final Set<ProcessId> unreachableFrom = new HashSet<>(2);
  private final List<UUID> dispatches = new ArrayList<>(1);
  private UUID brokerReqId;
  private boolean dispatched;
  private int attempts;
  private long waited;
  private EventError lastError;
  private boolean admitted;
  private boolean hasWaited;
  private Stage stage = new Stage.Unassigned();

  /**
   * A request just received.
   *
   * @param number of its reception: older ones go first
   * @param endsAt when the client agent stops waiting, on the real clock
   * @param firstBrokerReqId what its first dispatch will be called
   */
  InFlight(ClientRequest event, Receipt receipt, long number, long endsAt, UUID firstBrokerReqId) {
    this.event = event;
    this.receipt = receipt;
    this.number = number;
    this.endsAt = endsAt;
    this.brokerReqId = firstBrokerReqId;
    this.size = sizeOf(event.request());
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

  /** The RabbitMQ user of its client agent. */
  String user() {
    return event.clientId().user();
  }

  long number() {
    return number;
  }

  long endsAt() {
    return endsAt;
  }

  /** When the router gives it up, so that the answer still arrives. */
  long deadline() {
    return endsAt - TimeLeft.MARGIN.toNanos();
  }

  /** About as many bytes of memory as its URL, headers and body take up. */
  long size() {
    return size;
  }

  void admitted() {
    admitted = true;
  }

  /** Whether it counts against the limits. */
  boolean isAdmitted() {
    return admitted;
  }

  /** Returns whether it has been in the waiting room before. */
  boolean hasWaited() {
    return hasWaited;
  }

  boolean isRepeatable() {
    return event.request().isRepeatable();
  }

  /** Whether running or answering it now cannot meet its own redelivery (rule 1). */
  boolean isFreeToGo() {
    return isRepeatable() || receipt.isSettled();
  }

  Stage stage() {
    return stage;
  }

  void stage(Stage stage) {
    this.stage = stage;
  }

  /** Names the latest dispatch, or the first one to come. */
  UUID brokerReqId() {
    return brokerReqId;
  }

  /** Whether it was never dispatched. */
  boolean isNew() {
    return !dispatched;
  }

  /** Its attempts of which something may still be heard, by {@code broker_req_id}. */
  List<UUID> dispatches() {
    return dispatches;
  }

  void dispatched(UUID brokerReqId) {
    this.brokerReqId = brokerReqId;
    dispatched = true;
    dispatches.add(brokerReqId);
    attempts++;
  }

  /** Nothing more can be heard of that attempt. */
  void forgetDispatch(UUID brokerReqId) {
    dispatches.remove(brokerReqId);
  }

  /** The last dispatch costs no attempt. */
  void refund() {
    attempts--;
  }

  int attempts() {
    return attempts;
  }

  /** Nanoseconds in the waiting room before the present stay. */
  long waited() {
    return waited;
  }

  void addWaited(long nanos) {
    waited += nanos;
    hasWaited = true;
  }

  Optional<EventError> lastError() {
    return Optional.ofNullable(lastError);
  }

  void failed(EventError error) {
    lastError = error;
  }

  /** Agents that do not reach the upstream server. */
  Set<ProcessId> unreachableFrom() {
    return unreachableFrom;
  }

  private static long sizeOf(Request request) {
    return request.url().length()
        + request.headers().footprint()
        + (long) request.body().footprint();
  }
}
