package io.github.httplongcut.broker.core;

/**
 * Most agents that a broker knows (docs/protocol.md section 6), and how it judges them. One agent
 * counts once for each of its targets.
 *
 * @param perUserAndTarget of one RabbitMQ user for one target; more are refused
 * @param total of all users; over it the user with the most agents loses first
 * @param outliers whether server errors count against an agent
 */
public record AgentLimits(int perUserAndTarget, int total, OutlierDetection outliers) {}
