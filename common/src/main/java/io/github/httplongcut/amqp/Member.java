package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;

/**
 * Who a {@link RabbitMqSession} works for.
 *
 * @param role {@code client-agent}, {@code broker} or {@code upstream-agent}: connections bear it
 * @param id this run of the process
 * @param plan what it uses of RabbitMQ
 * @param ackTimeout for how long RabbitMQ may owe the answer to a fence (protocol section 4, rule
 *     1)
 */
public record Member(String role, ProcessId id, Topology.Plan plan, Duration ackTimeout) {}
