package io.github.httplongcut.broker.core;

/** Why a dispatch came back as a dead letter: it never ran. */
public enum Undelivered {
  /** The agent drains or is full. */
  REJECTED,
  /** Nobody took it in time, or any other reason. */
  DEAD_LETTERED
}
