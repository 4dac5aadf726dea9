package io.github.httplongcut.broker.core;

/** Why the router did nothing with an event. */
public enum DropReason {
  /** A request whose {@code client_req_id} is in flight already. */
  DUPLICATE_REQUEST,
  /** A request that had no time left when it came. */
  EXPIRED_REQUEST,
  /** A word about a dispatch from somebody whom it was not sent to. */
  WRONG_SENDER,
  /** An ack or an error of a request that is over, or of an attempt that is not the current one. */
  LATE,
  /** A cancel of a request that is not here, or not the canceller's. */
  CANCEL_WITHOUT_REQUEST,
  /** A heartbeat of an agent that would be one too many. */
  TOO_MANY_AGENTS,
  /** An answer to a request that is not known here: its user has too many forwarded. */
  TOO_MANY_FORWARDS
}
