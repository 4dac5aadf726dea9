package io.github.httplongcut.cli.status;

/**
 * Broker, as it describes itself.
 *
 * @param name the broker's id; its address if it did not answer
 * @param state the state of its intake, or {@code no answer}
 * @param rabbitmq the state of its connection to RabbitMQ
 * @param inFlight the number of requests that it holds
 */
record BrokerRow(
    String name,
    String address,
    String state,
    String rabbitmq,
    long waiting,
    long running,
    long inFlight,
    long maxInFlight,
    String version,
    Health health,
    String why)
    implements StatusRow {}
