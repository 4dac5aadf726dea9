package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.ProcessId;

/**
 * Upstream agent for one target, as this broker sees it.
 *
 * @param state the state in its last heartbeat
 * @param standing {@code good}, {@code failing}, {@code suspect} or {@code returned}
 * @param silentNanos time since the last sign of life, without time in which this broker could not
 *     hear the agent
 * @param intervalMillis time between two of its heartbeats
 * @param version release of the agent
 * @param reason one sentence; empty if the agent is well
 */
public record AgentStatus(
    ProcessId id,
    String target,
    AgentState state,
    String standing,
    Slots slots,
    long silentNanos,
    long intervalMillis,
    String version,
    String reason) {

  /**
   * Slots of an agent.
   *
   * @param inFlight slots in use by requests of all brokers
   * @param free slots that this broker may use
   */
  public record Slots(int capacity, int inFlight, int free) {}
}
