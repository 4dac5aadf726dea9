package io.github.httplongcut.protocol;

import java.util.Optional;
import java.util.UUID;

/**
 * The whole protocol on one screen: what the processes say to each other (protocol section 2). Each
 * TTL is in milliseconds, left when it was sent.
 */
public sealed interface Event {

  /** Its name on the wire. */
  EventType type();

  /** Client agent to one of the brokers: relay this. */
  record ClientRequest(ProcessId clientId, UUID clientReqId, long clientReqTtl, Request request)
      implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_REQUEST;
    }
  }

  /**
   * Broker to client agent: I have it.
   *
   * @param brokerReqId the id that its first dispatch will have
   */
  record ClientRequestAck(UUID clientReqId, UUID brokerReqId, ProcessId brokerId) implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_REQUEST_ACK;
    }
  }

  /** Broker to an upstream agent: run this. */
  record BrokerRequest(
      ProcessId clientId,
      UUID clientReqId,
      long clientReqTtl,
      ProcessId brokerId,
      UUID brokerReqId,
      long brokerReqTtl,
      Request request)
      implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_REQUEST;
    }
  }

  /** Upstream agent to broker: I run it now. */
  record BrokerRequestAck(UUID brokerReqId, UUID upstreamReqId, ProcessId upstreamId)
      implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_REQUEST_ACK;
    }
  }

  /**
   * Upstream agent to broker: the upstream server's answer. The client id lets any broker deliver
   * it.
   */
  record UpstreamResponse(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, Response response)
      implements Event {
    @Override
    public EventType type() {
      return EventType.UPSTREAM_RESPONSE;
    }
  }

  /** Upstream agent to broker: there is no answer, and why. */
  record UpstreamError(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, EventError error)
      implements Event {
    @Override
    public EventType type() {
      return EventType.UPSTREAM_ERROR;
    }
  }

  /** Broker to client agent: the answer. */
  record BrokerResponse(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, Response response)
      implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_RESPONSE;
    }
  }

  /**
   * Broker to client agent: there is no answer, and why.
   *
   * @param brokerReqId the dispatch that failed, or the id that the first would have had
   * @param orphanOf the broker that it was said to, if that is not the one that sends it on
   */
  record BrokerError(
      UUID clientReqId, UUID brokerReqId, EventError error, Optional<ProcessId> orphanOf)
      implements Event {

    /** An error that the sender has found, or that was said to it. */
    public BrokerError(UUID clientReqId, UUID brokerReqId, EventError error) {
      this(clientReqId, brokerReqId, error, Optional.empty());
    }

    /** The same, sent on by another broker than the one that it was said to. */
    public BrokerError orphanOf(ProcessId brokerId) {
      return new BrokerError(clientReqId, brokerReqId, error, Optional.of(brokerId));
    }

    @Override
    public EventType type() {
      return EventType.BROKER_ERROR;
    }
  }

  /**
   * Upstream agent to every broker: I serve this target.
   *
   * @param capacity requests that it runs at the same time for the target
   * @param inFlight how many of them are taken, by whichever broker
   * @param intervalMs milliseconds until the next heartbeat at the latest
   */
  record UpstreamHeartbeat(
      ProcessId upstreamId,
      String upstreamTarget,
      AgentState state,
      int capacity,
      int inFlight,
      long intervalMs,
      String version)
      implements Event {
    @Override
    public EventType type() {
      return EventType.UPSTREAM_HEARTBEAT;
    }
  }

  /** Broker to every upstream agent: send your heartbeats now. */
  record BrokerHello(ProcessId brokerId, String version) implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_HELLO;
    }
  }

  /** Client agent to broker: nobody waits for it any more. */
  record ClientCancel(ProcessId clientId, UUID clientReqId, UUID brokerReqId) implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_CANCEL;
    }
  }

  /** Broker to upstream agent: nobody waits for it any more. */
  record BrokerCancel(ProcessId brokerId, UUID clientReqId, UUID brokerReqId) implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_CANCEL;
    }
  }
}
