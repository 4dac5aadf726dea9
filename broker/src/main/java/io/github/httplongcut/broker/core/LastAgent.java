package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;

/**
 * Agent that left a target.
 *
 * @param reason the reason that the agent gave in its last heartbeat; empty if it gave none
 */
public record LastAgent(ProcessId id, Departure departure, String reason) {

  /** Ways to leave. */
  public enum Departure {
    /** A heartbeat said {@code gone}. */
    GONE,
    /** The heartbeats stopped. */
    SILENT
  }
}
