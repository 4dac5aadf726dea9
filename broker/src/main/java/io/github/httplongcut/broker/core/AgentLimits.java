package io.github.httplongcut.broker.core;

/**
 * Limits of the agents that a broker knows, and the treatment of outliers (docs/protocol.md section
 * 6). An agent counts once for each of its targets.
 *
 * @param perUserAndTarget agents of one RabbitMQ user for one target; further ones are ignored
 * @param total agents of all users; above it the user with the most agents loses one
 * @param outliers the treatment of agents whose answers are mostly server errors
 */
public record AgentLimits(int perUserAndTarget, int total, OutlierDetection outliers) {}
