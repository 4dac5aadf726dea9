package io.github.httplongcut.broker.core;

/**
 * Most agents that a broker knows (docs/protocol.md section 6). One agent counts once for each of
 * its targets.
 *
 * @param perUserAndTarget of one RabbitMQ user for one target; more are refused
 * @param total of all users; over it the user with the most agents loses first
 */
public record AgentLimits(int perUserAndTarget, int total) {}
