package io.github.httplongcut.client.core;

import io.github.httplongcut.client.core.PendingState.Over;
import io.github.httplongcut.client.core.PendingState.Published;
import io.github.httplongcut.client.core.PendingState.Registered;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Request that waits for its answer, with its state and history. Only this package changes it. */
final class PendingRequest {

  private final Submission submission;
  private final List<UUID> ids = new ArrayList<>(1);
  private final List<ClientRequestAck> acks = new ArrayList<>(1);
  private PendingState state = new Registered();
  private int failedPublications;

  PendingRequest(Submission submission) {
    this.submission = submission;
  }

  UUID firstId() {
    return submission.firstId();
  }

  Request request() {
    return submission.request();
  }

  Caller caller() {
    return submission.caller();
  }

  long deadline() {
    return submission.deadline();
  }

  boolean isRepeatable() {
    return submission.request().isRepeatable();
  }

  PendingState state() {
    return state;
  }

  void state(PendingState state) {
    this.state = state;
  }

  /** Returns the state of a request that is not published yet. */
  Registered registered() {
    return (Registered) state;
  }

  /** Returns the state of a request that is published and not over. */
  Published published() {
    return (Published) state;
  }

  boolean isOver() {
    return state instanceof Over;
  }

  /** Returns every {@code client_req_id} with which the request was published, oldest first. */
  List<UUID> ids() {
    return ids;
  }

  void addId(UUID id) {
    ids.add(id);
  }

  /** Returns the latest ack of each id. */
  List<ClientRequestAck> acks() {
    return acks;
  }

  /** Records an ack, in place of an earlier ack of the same id. */
  void addAck(ClientRequestAck ack) {
    for (int i = 0; i < acks.size(); i++) {
      if (acks.get(i).clientReqId().equals(ack.clientReqId())) {
        acks.set(i, ack);
        return;
      }
    }
    acks.add(ack);
  }

  /**
   * Returns false if {@code event} is an orphaned error for a broker that has not acked this
   * publication. Such an error may be made up: an upstream agent can send errors to any broker that
   * is gone, even to one that never had the request.
   */
  boolean isCredible(BrokerError event) {
    return event.orphanOf().isEmpty() || isAckedBy(event.orphanOf().get(), event.clientReqId());
  }

  private boolean isAckedBy(ProcessId brokerId, UUID id) {
    return acks.stream()
        .anyMatch(ack -> ack.brokerId().equals(brokerId) && ack.clientReqId().equals(id));
  }

  /** Returns the number of publications that came back: not run, or in doubt. */
  int failedPublications() {
    return failedPublications;
  }

  void countFailedPublication() {
    failedPublications++;
  }
}
