package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.UUID;

/** Receives the router's actions, for the log. The router calls it; it must not call the router. */
@FunctionalInterface
public interface Journal {

  /**
   * Records that a request moved from one stage to another.
   *
   * @param clientReqId the request's id
   * @param brokerReqId the id of the latest dispatch, or of the first one before it is dispatched
   * @param from the label of the old stage
   * @param to the label of the new stage
   */
  void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why);

  /** Records the account of a request that is over. Must not throw. */
  default void ended(RequestRecord record) {}

  /** Records a heartbeat of a new agent that is ignored, since the limit of agents is reached. */
  default void agentRefused(ProcessId upstreamId, String upstreamTarget) {}

  /** Kinds of parties that have a share of a room. */
  enum Party {
    /** An upstream target. */
    TARGET,
    /** An upstream target that has no agent. */
    TARGET_WITHOUT_AGENT,
    /** The RabbitMQ user of a client agent. */
    USER
  }

  /** Limits that parties share. */
  enum Room {
    /** {@code max-in-flight} and {@code max-in-flight-bytes}. */
    IN_FLIGHT,
    /** {@code max-waiting}. */
    WAITING
  }

  /**
   * Records that a request is refused because a party uses its whole share.
   *
   * @param name the name of the target or of the user
   */
  default void shareExceeded(Party of, String name, Room room) {}

  /** Records an exception in the router, by which this request fails. */
  default void bug(UUID clientReqId, Throwable bug) {}
}
