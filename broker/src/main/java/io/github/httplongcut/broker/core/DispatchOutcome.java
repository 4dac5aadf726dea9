package io.github.httplongcut.broker.core;

/** Outcomes of a dispatch's publication. */
public enum DispatchOutcome {
  /** RabbitMQ put the dispatch into the agent's inbox. */
  CONFIRMED,
  /** The agent's inbox does not exist: the request did not run. */
  RETURNED,
  /** RabbitMQ nacked the publication: the agent may have received it all the same. */
  NACKED,
  /** No confirm came in time, or the connection was lost before it. */
  UNKNOWN,
  /**
   * Not written, since too many publications to the agent's RabbitMQ user are unconfirmed: the
   * request did not run.
   */
  INBOX_BUSY,
  /**
   * Not written, since there was no connection or RabbitMQ blocked it: the request did not run, and
   * the agent is not to blame.
   */
  NOT_WRITTEN
}
