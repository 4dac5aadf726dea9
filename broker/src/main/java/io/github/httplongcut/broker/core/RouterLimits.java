package io.github.httplongcut.broker.core;

import io.github.httplongcut.share.ShareRule;
import java.time.Duration;

/**
 * The broker's waits and limits (docs/protocol.md section 6).
 *
 * @param waitTimeout all stays of a request in the waiting room together
 * @param ackTimeout expiration of a dispatch; its check comes at twice that time
 * @param replyTimeout from the upstream agent's ack to the answer
 * @param maxInFlight requests held, waiting and running
 * @param maxInFlightBytes of those
 * @param waiting of them in the waiting room
 * @param shares of a target and of a client agent's user, of both
 * @param maxAttempts dispatches of one request that cost one
 * @param agents how many agents it knows
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
