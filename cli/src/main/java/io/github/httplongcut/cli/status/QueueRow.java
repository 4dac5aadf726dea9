package io.github.httplongcut.cli.status;

/**
 * Queue of RabbitMQ, or all queues of one kind.
 *
 * @param name a queue, or the kind: {@code inboxes of brokers}
 * @param queues the number of queues
 * @param unconsumed the number of queues without a consumer
 */
record QueueRow(
    String name,
    String state,
    long queues,
    long ready,
    long unacked,
    long consumers,
    long unconsumed,
    Health health,
    String why)
    implements StatusRow {}
