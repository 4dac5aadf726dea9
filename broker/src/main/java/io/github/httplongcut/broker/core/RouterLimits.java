package io.github.httplongcut.broker.core;

import io.github.httplongcut.share.ShareRule;
import java.time.Duration;

/**
 * The router's timeouts and limits (docs/protocol.md section 6).
 *
 * @param waitTimeout the longest time of a request in the waiting room, all stays together
 * @param ackTimeout the expiration of a dispatch; an ack or a dead letter must come within twice
 *     this time
 * @param replyTimeout the longest time from the upstream agent's ack to the answer
 * @param maxInFlight requests held, waiting and running
 * @param maxInFlightBytes bytes of the requests held
 * @param waiting limits of the waiting room
 * @param shares the limits for one target or one RabbitMQ user, among the requests held and in the
 *     waiting room
 * @param maxAttempts dispatches of one request, without those that cost no attempt
 * @param agents limits of the known agents
 */
public record RouterLimits(
    Duration waitTimeout,
    Duration ackTimeout,
    Duration replyTimeout,
    int maxInFlight,
    long maxInFlightBytes,
    WaitingLimits waiting,
    ShareRule shares,
    int maxAttempts,
    AgentLimits agents) {}
