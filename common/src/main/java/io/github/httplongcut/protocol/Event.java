package io.github.httplongcut.protocol;

import io.github.httplongcut.logging.LogText;
import java.util.Optional;
import java.util.UUID;

/**
 * Event of the protocol: one nested record for each type (protocol section 2). A TTL is the time
 * left when the event was sent, in milliseconds.
 */
public sealed interface Event {

  /** Returns the type, which has the event's wire name. */
  EventType type();

  /** Request from a client agent, to one of the brokers. */
  record ClientRequest(ProcessId clientId, UUID clientReqId, long clientReqTtl, Request request)
      implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_REQUEST;
    }
  }

  /**
   * Acknowledgement from a broker to a client agent: the broker has received the request.
   *
   * @param brokerReqId id of the request's first dispatch
   */
  record ClientRequestAck(UUID clientReqId, UUID brokerReqId, ProcessId brokerId) implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_REQUEST_ACK;
    }
  }

  /** Dispatch of a request from a broker to an upstream agent. */
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

  /** Acknowledgement from an upstream agent to a broker: the agent is running the request. */
  record BrokerRequestAck(UUID brokerReqId, UUID upstreamReqId, ProcessId upstreamId)
      implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_REQUEST_ACK;
    }
  }

  /**
   * Response of the upstream server, from an upstream agent to a broker. With the client id any
   * broker can deliver it.
   */
  record UpstreamResponse(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, Response response)
      implements Event {
    @Override
    public EventType type() {
      return EventType.UPSTREAM_RESPONSE;
    }
  }

  /** Error from an upstream agent to a broker: the reason why there is no response. */
  record UpstreamError(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, EventError error)
      implements Event {
    @Override
    public EventType type() {
      return EventType.UPSTREAM_ERROR;
    }
  }

  /** Response of the upstream server, from a broker to a client agent. */
  record BrokerResponse(
      ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamReqId, Response response)
      implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_RESPONSE;
    }
  }

  /**
   * Error from a broker to a client agent: the reason why there is no response.
   *
   * @param brokerReqId id of the failed dispatch; without a dispatch, the id reserved for the first
   *     one
   * @param orphanOf for an orphan: the broker to which the error was originally sent
   */
  record BrokerError(
      UUID clientReqId, UUID brokerReqId, EventError error, Optional<ProcessId> orphanOf)
      implements Event {

    /** Creates an error that the sending broker has found or has received from an agent. */
    public BrokerError(UUID clientReqId, UUID brokerReqId, EventError error) {
      this(clientReqId, brokerReqId, error, Optional.empty());
    }

    /**
     * Returns this error as an orphan: its original receiver is gone, and another broker forwards
     * it.
     *
     * @param brokerId the original receiver
     */
    public BrokerError orphanOf(ProcessId brokerId) {
      return new BrokerError(clientReqId, brokerReqId, error, Optional.of(brokerId));
    }

    @Override
    public EventType type() {
      return EventType.BROKER_ERROR;
    }
  }

  /**
   * Heartbeat from an upstream agent to every broker, for one of its targets.
   *
   * @param capacity maximum number of concurrent requests for the target
   * @param inFlight number of requests in flight for the target, from all brokers
   * @param intervalMs longest time until the next heartbeat, in milliseconds
   * @param reason one sentence for a person, without secrets, if the agent is not well: the reason
   *     of its state, or of its failures. On one line; truncated to {@link
   *     WireLimits#HEARTBEAT_REASON_CHARS}
   */
  record UpstreamHeartbeat(
      ProcessId upstreamId,
      String upstreamTarget,
      AgentState state,
      int capacity,
      int inFlight,
      long intervalMs,
      String version,
      Optional<String> reason)
      implements Event {

    public UpstreamHeartbeat {
      reason =
          reason
              .map(text -> LogText.plain(text, WireLimits.HEARTBEAT_REASON_CHARS))
              .filter(text -> !text.isEmpty());
    }

    /** Creates the heartbeat of an agent that is well. */
    public UpstreamHeartbeat(
        ProcessId upstreamId,
        String upstreamTarget,
        AgentState state,
        int capacity,
        int inFlight,
        long intervalMs,
        String version) {
      this(
          upstreamId,
          upstreamTarget,
          state,
          capacity,
          inFlight,
          intervalMs,
          version,
          Optional.empty());
    }

    @Override
    public EventType type() {
      return EventType.UPSTREAM_HEARTBEAT;
    }
  }

  /** Announcement from a broker to every upstream agent, which answers with its heartbeats. */
  record BrokerHello(ProcessId brokerId, String version) implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_HELLO;
    }
  }

  /** Report of a broker about itself to every broker, for their pages. */
  record BrokerStatus(ProcessId brokerId, String version, BrokerReport report) implements Event {

    public BrokerStatus {
      version = LogText.plain(version, Names.MAX_CHARS);
    }

    @Override
    public EventType type() {
      return EventType.BROKER_STATUS;
    }
  }

  /** Cancellation from a client agent to a broker: the caller no longer waits for the response. */
  record ClientCancel(ProcessId clientId, UUID clientReqId, UUID brokerReqId) implements Event {
    @Override
    public EventType type() {
      return EventType.CLIENT_CANCEL;
    }
  }

  /** Cancellation from a broker to an upstream agent: the response is no longer needed. */
  record BrokerCancel(ProcessId brokerId, UUID clientReqId, UUID brokerReqId) implements Event {
    @Override
    public EventType type() {
      return EventType.BROKER_CANCEL;
    }
  }
}
