package io.github.httplongcut.broker.core;

/** What became of a dispatch's publication. */
public enum DispatchOutcome {
  /** It is in the agent's inbox. */
  CONFIRMED,
  /** The agent's inbox is gone: it never ran. */
  RETURNED,
  /** RabbitMQ refused it, which does not say whether the agent got it. */
  NACKED,
  /** The connection, or the agent's inbox, said no word of it in time. */
  UNKNOWN,
  /** Too much is under way to the agent's inbox already: it never ran. */
  NOT_TAKEN,
  /** There was no connection, or RabbitMQ blocked it: it never ran, and nobody is to blame. */
  NOT_WRITTEN
}
