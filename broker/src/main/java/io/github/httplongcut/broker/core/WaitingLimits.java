package io.github.httplongcut.broker.core;

/**
 * The room for requests that wait for an agent (docs/protocol.md section 6).
 *
 * @param total for all of them
 * @param withoutAgent for those of one target that has no agent, while another target has one: so
 *     they keep nobody out
 */
public record WaitingLimits(int total, int withoutAgent) {}
