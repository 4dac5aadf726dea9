package io.github.httplongcut.broker.core;

/** Reasons why a request gets no place in a {@link SharedRoom}. */
enum NoRoom {
  /** All places or bytes are in use. */
  FULL,
  /** Requests for the same upstream target use the target's whole share. */
  SHARE_OF_TARGET,
  /** Requests of the same RabbitMQ user use the user's whole share. */
  SHARE_OF_USER
}
