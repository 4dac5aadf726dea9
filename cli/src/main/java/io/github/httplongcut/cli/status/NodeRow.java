package io.github.httplongcut.cli.status;

/**
 * Node of RabbitMQ, or RabbitMQ as a whole if its nodes are not known.
 *
 * @param state {@code up}, {@code down}, {@code alarm} or {@code no answer}
 */
record NodeRow(String name, String state, long memoryUsed, long diskFree, Health health, String why)
    implements StatusRow {}
