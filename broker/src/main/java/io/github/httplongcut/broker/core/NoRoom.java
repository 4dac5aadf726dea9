package io.github.httplongcut.broker.core;

/** Reasons why a request gets no place in a {@link SharedRoom}. */
enum NoRoom {
  /** All places or bytes are taken. */
  FULL,
  /** Requests for its upstream target hold their share. */
  SHARE_OF_TARGET,
  /** Requests of its client agent's RabbitMQ user hold their share. */
  SHARE_OF_USER
}
