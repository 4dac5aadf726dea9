package io.github.httplongcut.session;

import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;

/**
 * The process that a {@link RabbitMqSession} works for.
 *
 * @param role {@code client-agent}, {@code broker} or {@code upstream-agent}; part of the
 *     connection names
 * @param id the process's first id; part of the connection names, also after the id was replaced
 * @param plans queues and exchanges that the process uses
 * @param ackTimeout longest time that RabbitMQ may take to answer a fence (protocol section 4, rule
 *     1)
 */
public record Member(String role, ProcessId id, Plans plans, Duration ackTimeout) {

  /** Makes the plan of a process, at start and each time its inbox is replaced. */
  public interface Plans {

    /**
     * Returns the plan for an inbox. Called on the consuming link's thread, and once before it
     * starts.
     *
     * @param id process id, a new one for each inbox
     * @param generation number of the inbox, 0 for the first
     */
    Plan plan(ProcessId id, int generation);
  }
}
