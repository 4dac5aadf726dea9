package io.github.httplongcut.broker.core;

/** Reasons why RabbitMQ dead-lettered a dispatch. In each case the request did not run. */
public enum Undelivered {
  /** The agent rejected it, because it drains or is full. */
  REJECTED,
  /** The dispatch expired in the agent's inbox, or any other reason. */
  DEAD_LETTERED
}
