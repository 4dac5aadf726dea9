package io.github.httplongcut.client.core;

/** Outcomes of a request's publication. */
public enum PublicationOutcome {
  /** RabbitMQ put the request into the queue of the brokers. */
  CONFIRMED,
  /** The queue of the brokers does not exist: the request did not run. */
  RETURNED,
  /** RabbitMQ nacked the publication, since the queue is full: the request did not run. */
  NACKED,
  /** RabbitMQ's permissions forbid the publication: the request did not run. */
  FORBIDDEN,
  /** Not written, since RabbitMQ takes no messages: the request did not run. */
  BLOCKED,
  /** Not written, since there was no connection: the request did not run. */
  NO_CONNECTION,
  /** The connection was lost before the confirm: the request may run. */
  UNKNOWN
}
