package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.UUID;

/** Hears what the router does, for the log. The router calls it; it must not call the router. */
@FunctionalInterface
public interface Journal {

  /**
   * A request went from one state to the next.
   *
   * @param clientReqId names the request
   * @param brokerReqId names its latest dispatch, or the first one to come
   */
  void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why);

  /** An agent that would be one too many is not registered; told at each of its heartbeats. */
  default void agentRefused(ProcessId upstreamId, String upstreamTarget) {}

  /** Parties that have a share of a room. */
  enum Party {
    /** An upstream target. */
    TARGET,
    /** An upstream target that has no agent. */
    TARGET_WITHOUT_AGENT,
    /** The RabbitMQ user of a client agent. */
    USER
  }

  /** Rooms that parties share. */
  enum Room {
    /** {@code max-in-flight} and {@code max-in-flight-bytes}. */
    IN_FLIGHT,
    /** {@code max-waiting}. */
    WAITING
  }

  /**
   * A request is refused because that party holds its share.
   *
   * @param name of the target, or of the user
   */
  default void shareExceeded(Party of, String name, Room room) {}

  /** A bug of the router's, which costs that request. */
  default void bug(UUID clientReqId, Throwable bug) {}
}
