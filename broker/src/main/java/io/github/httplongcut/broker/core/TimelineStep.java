package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.Optional;
import java.util.UUID;

/**
 * Step of a request from one stage to the next.
 *
 * @param at {@code nanoTime}
 * @param why the reason, empty for the first step
 * @param brokerReqId the id of the latest dispatch; before the first one, the id that it will have
 * @param upstreamAgent the agent that has the request, or that will get it once it is settled
 */
public record TimelineStep(
    long at,
    TimelineStage stage,
    String why,
    UUID brokerReqId,
    Optional<ProcessId> upstreamAgent) {}
