package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.TimeLeft;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Collects the effects of one call to the router. Client agents that no longer wait get no answer
 * (docs/protocol.md section 6).
 */
final class Effects {

  private ProcessId brokerId;
  private final RouterLimits limits;
  private final List<Effect> effects = new ArrayList<>();

  Effects(ProcessId brokerId, RouterLimits limits) {
    this.brokerId = brokerId;
    this.limits = limits;
  }

  /** Sets the id under which the broker publishes from now on. */
  void setBrokerId(ProcessId newId) {
    brokerId = newId;
  }

  /** Removes and returns the effects collected so far. */
  List<Effect> take() {
    List<Effect> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  void acknowledge(InFlight request) {
    ClientRequestAck ack =
        new ClientRequestAck(request.event().clientReqId(), request.brokerReqId(), brokerId);
    effects.add(new Effect.Acknowledge(ack, request.event(), request.endsAt()));
  }

  /** Settles the request's delivery, unless another of its requests has already asked for that. */
  void settle(InFlight request) {
    if (request.receipt().beginSettling()) {
      effects.add(new Effect.Settle(request.receipt()));
    }
  }

  void done(Receipt receipt) {
    effects.add(new Effect.Done(receipt));
  }

  void dispatch(InFlight request, ProcessId upstreamId, UUID brokerReqId, long now) {
    long timeLeft = millisLeft(request, now);
    long expiration = Math.min(limits.ackTimeout().toMillis(), timeLeft);
    BrokerRequest event =
        new BrokerRequest(
            request.event().clientId(),
            request.event().clientReqId(),
            TimeLeft.millis(request.endsAt(), now),
            brokerId,
            brokerReqId,
            timeLeft,
            request.event().request());
    effects.add(new Effect.Dispatch(event, upstreamId, expiration, now + expiration * 1_000_000L));
  }

  void respond(InFlight request, UpstreamResponse response, long now) {
    if (isOver(request, now)) {
      done(request.receipt());
      return;
    }
    BrokerResponse event =
        new BrokerResponse(
            request.event().clientId(),
            request.event().clientReqId(),
            response.brokerReqId(),
            response.upstreamReqId(),
            response.response());
    effects.add(new Effect.Respond(event, request.endsAt(), Optional.of(request.receipt())));
  }

  void refuse(InFlight request, EventError error, long now) {
    if (isOver(request, now)) {
      done(request.receipt());
      return;
    }
    BrokerError event =
        new BrokerError(request.event().clientReqId(), request.brokerReqId(), error);
    effects.add(
        new Effect.Refuse(event, request.event().clientId(), request.endsAt(), request.receipt()));
  }

  void cancel(Dispatches.DispatchAttempt attempt) {
    InFlight request = attempt.request();
    BrokerCancel event =
        new BrokerCancel(brokerId, request.event().clientReqId(), attempt.brokerReqId());
    effects.add(new Effect.Cancel(event, request.target(), attempt.upstreamId()));
  }

  /** Forwards a response to the client agent. This broker does not know its request. */
  void forward(UpstreamResponse response, long now) {
    BrokerResponse event =
        new BrokerResponse(
            response.clientId(),
            response.clientReqId(),
            response.brokerReqId(),
            response.upstreamReqId(),
            response.response());
    effects.add(new Effect.Respond(event, now + unknownTimeLeft(), Optional.empty()));
  }

  void forwardOrphan(ProcessId clientId, BrokerError error, long now) {
    effects.add(new Effect.RefuseOrphan(error, clientId, now + unknownTimeLeft()));
  }

  /** Returns the milliseconds that an agent gets for the request. */
  static long millisLeft(InFlight request, long now) {
    return TimeLeft.millisForNextHop(request.endsAt(), now);
  }

  private static boolean isOver(InFlight request, long now) {
    return TimeLeft.millis(request.endsAt(), now) < 1;
  }

  /** Returns the reply timeout: no request runs at an agent for longer. */
  private long unknownTimeLeft() {
    return limits.replyTimeout().toNanos();
  }
}
