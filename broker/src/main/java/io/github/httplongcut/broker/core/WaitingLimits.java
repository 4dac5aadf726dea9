package io.github.httplongcut.broker.core;

/**
 * Limits of the waiting room (docs/protocol.md section 6).
 *
 * @param total requests of all targets
 * @param withoutAgent requests of one target that has no agent, while another target has one
 */
public record WaitingLimits(int total, int withoutAgent) {}
