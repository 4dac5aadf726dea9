package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;

/**
 * Who a {@link RabbitMqSession} works for.
 *
 * @param role {@code client-agent}, {@code broker} or {@code upstream-agent}: connections bear it
 * @param id this run of the process; its connections are called so to the end
 * @param plans what it uses of RabbitMQ
 * @param ackTimeout for how long RabbitMQ may owe the answer to a fence (protocol section 4, rule
 *     1)
 */
public record Member(String role, ProcessId id, Plans plans, Duration ackTimeout) {

  /** What a process uses of RabbitMQ, now and after its inbox was replaced. */
  public interface Plans {

    /**
     * The plan with that inbox; called on the consuming link's thread.
     *
     * @param id the process's id, a new one for each inbox
     * @param generation of the inbox: 0 for the first
     */
    Topology.Plan plan(ProcessId id, int generation);
  }
}
