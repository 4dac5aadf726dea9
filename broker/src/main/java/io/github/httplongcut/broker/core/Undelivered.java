package io.github.httplongcut.broker.core;

/** Reasons why RabbitMQ dead-lettered a dispatch. In each case the request did not run. */
public enum Undelivered {
  /** The agent rejected it, because it drains or is full. */
  REJECTED,
  /** Any other reason, such as a dispatch that expired in the agent's inbox. */
  DEAD_LETTERED
}
