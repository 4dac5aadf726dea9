package io.github.httplongcut.client.core;

import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.TimeLeft;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Collects the effects of one call to {@link PendingRequests}. */
final class PendingEffects {

  private final ProcessId clientId;
  private final Duration ackTimeout;
  private final List<PendingEffect> effects = new ArrayList<>();

  PendingEffects(ProcessId clientId, Duration ackTimeout) {
    this.clientId = clientId;
    this.ackTimeout = ackTimeout;
  }

  /** Removes and returns the effects collected so far. */
  List<PendingEffect> take() {
    if (effects.isEmpty()) {
      return List.of();
    }
    // A copy of a longer list costs a second array.
    List<PendingEffect> taken =
        effects.size() == 1 ? List.of(effects.get(0)) : List.copyOf(effects);
    effects.clear();
    return taken;
  }

  void publish(PendingRequest request, UUID id, long now) {
    long timeLeft = millisLeft(request, now);
    long expiration = Math.min(ackTimeout.toMillis(), timeLeft);
    ClientRequest event = new ClientRequest(clientId, id, timeLeft, request.request());
    long giveUpAt = now + expiration * 1_000_000L;
    effects.add(new PendingEffect.Publish(event, request.caller(), expiration, giveUpAt));
  }

  void withdraw(UUID id) {
    effects.add(new PendingEffect.Withdraw(id));
  }

  void cancel(ClientRequestAck ack) {
    ClientCancel event = new ClientCancel(clientId, ack.clientReqId(), ack.brokerReqId());
    effects.add(new PendingEffect.Cancel(event, ack.brokerId()));
  }

  void reportAck(PendingRequest request, AckTimes times, Optional<ProcessId> brokerId) {
    effects.add(new PendingEffect.ReportAck(request.caller(), times, brokerId));
  }

  void reportBusy(PendingRequest request) {
    effects.add(new PendingEffect.ReportBusy(request.caller()));
  }

  void answer(PendingRequest request, Response response) {
    effects.add(new PendingEffect.Answer(request.firstId(), request.caller(), response));
  }

  void refuse(PendingRequest request, EventError error) {
    effects.add(new PendingEffect.Refuse(request.firstId(), request.caller(), error));
  }

  /** Returns the milliseconds left for the broker. Below 1, nothing is published. */
  static long millisLeft(PendingRequest request, long now) {
    return TimeLeft.millisForNextHop(request.deadline(), now);
  }
}
