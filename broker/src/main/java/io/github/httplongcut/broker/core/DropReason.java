package io.github.httplongcut.broker.core;

/** Reasons why the router ignores an event. */
public enum DropReason {
  /** A request with this {@code client_req_id} is in flight already. */
  DUPLICATE_REQUEST,
  /** The request had no time left when it arrived. */
  EXPIRED_REQUEST,
  /** The sender is not the agent to which the dispatch was published. */
  WRONG_SENDER,
  /** The ack or error is for a request that is over, or for an attempt that is not current. */
  LATE,
  /** The cancelled request is unknown, or belongs to another client agent. */
  CANCEL_WITHOUT_REQUEST,
  /** The heartbeat is from a new agent, and the limit of agents is reached. */
  TOO_MANY_AGENTS,
  /** The answer is for an unknown request, and the {@link ForwardBudget} of its user is used up. */
  TOO_MANY_FORWARDS,
  /** The answer is for a replay that its broker does not hold any more. */
  REPLAY_OVER
}
