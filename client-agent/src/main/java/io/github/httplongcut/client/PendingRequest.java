package io.github.httplongcut.client;

import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * State of a request that waits for its answer: its ids, and the state of its latest publication.
 */
final class PendingRequest {

  /**
   * Request as the HTTP side submits it.
   *
   * @param firstId identifies the request to the caller and in every log
   * @param deadline {@link System#nanoTime} at which the request times out
   */
  record IncomingRequest(UUID firstId, Request request, Caller caller, long deadline) {}

  /** State of the latest publication. */
  private enum State {
    /** Published; its {@link io.github.httplongcut.amqp.Outcome} is not known yet. */
    AWAITING_OUTCOME,
    /** Waits for a broker's ack, until the check. */
    AWAITING_ACK,
    /** A broker has acked it; waits for the answer. */
    ACKED
  }

  private final IncomingRequest incoming;
  private final List<UUID> ids = new ArrayList<>(1);
  private final Map<UUID, ClientRequestAck> acks = new LinkedHashMap<>(2);
  private State state = State.AWAITING_OUTCOME;
  private Runnable withdrawal = () -> {};
  private long publishedAt;
  private long checkAt;
  private int failedPublications;

  PendingRequest(IncomingRequest incoming) {
    this.incoming = incoming;
  }

  UUID firstId() {
    return incoming.firstId();
  }

  Request request() {
    return incoming.request();
  }

  Caller caller() {
    return incoming.caller();
  }

  long deadline() {
    return incoming.deadline();
  }

  boolean isRepeatable() {
    return incoming.request().isRepeatable();
  }

  /** Returns every {@code client_req_id} with which the request was published, oldest first. */
  List<UUID> ids() {
    return ids;
  }

  /** Returns the latest ack of each id. */
  Collection<ClientRequestAck> acks() {
    return acks.values();
  }

  /**
   * Returns false if {@code event} is an orphaned error for a broker that has not acked this
   * publication. Such an error may be made up: an upstream agent can send errors to any broker that
   * is gone, even to one that never had the request.
   */
  boolean isCredible(BrokerError event) {
    return event
        .orphanOf()
        .map(
            broker ->
                acks.values().stream()
                    .anyMatch(
                        ack ->
                            ack.brokerId().equals(broker)
                                && ack.clientReqId().equals(event.clientReqId())))
        .orElse(true);
  }

  /** Returns whether {@code id} is the id of the latest publication. */
  boolean isLatest(UUID id) {
    return ids.get(ids.size() - 1).equals(id);
  }

  /** Returns the number of publications that came back: not run, or in doubt. */
  int failedPublications() {
    return failedPublications;
  }

  void countFailedPublication() {
    failedPublications++;
  }

  /** Records that the request is published, or published again, with this id. */
  void onPublish(UUID id, long now) {
    ids.add(id);
    publishedAt = now;
    state = State.AWAITING_OUTCOME;
  }

  /** Returns whether the latest publication is no older than {@code time}. */
  boolean wasPublishedWithin(Duration time, long now) {
    return now - publishedAt <= time.toNanos();
  }

  /** Sets the action by which {@link #withdraw} withdraws the latest publication. */
  void setWithdrawal(Runnable withdrawal) {
    this.withdrawal = withdrawal;
  }

  /**
   * The outcome of the latest publication is known: there is nothing to withdraw. The withdrawal is
   * dropped because it holds the encoded request.
   */
  void onOutcomeKnown() {
    withdrawal = () -> {};
  }

  /** Withdraws the latest publication, if it is not written yet. */
  void withdraw() {
    withdrawal.run();
  }

  /** Returns whether the outcome of the latest publication decides what happens next. */
  boolean isAwaitingOutcome() {
    return state == State.AWAITING_OUTCOME;
  }

  /**
   * Schedules the check: a broker must have acked the request by {@code checkAt}, on the fair
   * clock.
   */
  void checkAt(long checkAt) {
    this.checkAt = checkAt;
    state = State.AWAITING_ACK;
  }

  boolean isCheckDue(long fairNow) {
    return state == State.AWAITING_ACK && fairNow - checkAt >= 0;
  }

  /** Records the ack of a broker. An ack of the latest id ends the check. */
  void acked(ClientRequestAck ack, long now) {
    acks.put(ack.clientReqId(), ack);
    if (isLatest(ack.clientReqId())) {
      state = State.ACKED;
      caller().acked(now - publishedAt);
    }
  }

  /**
   * Hands the answer to the caller. If no ack has come, reports the answer's delay as that of the
   * ack: the ack's cannot be longer. If the ack is overdue, reports no delay: the broker that
   * should have acked is gone, and another one delivered the answer.
   */
  void answered(Response response, Duration ackTimeout, long now) {
    if (state != State.ACKED && wasPublishedWithin(ackTimeout, now)) {
      caller().acked(now - publishedAt);
    }
    caller().answer(response);
  }
}
