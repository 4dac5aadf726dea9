package io.github.httplongcut.cli.grant;

import static io.github.httplongcut.cli.sources.ManagementClient.encoded;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A binding in RabbitMQ.
 *
 * @param source the exchange; empty for the default exchange
 * @param destination the queue or exchange
 * @param toQueue true if the destination is a queue
 * @param routingKey the routing key
 * @param properties RabbitMQ's name of this binding among those of the same source and destination
 */
record Binding(
    String source, String destination, boolean toQueue, String routingKey, String properties) {

  /** Fields of the management API that {@link #of} reads. */
  static final String COLUMNS = "source,destination,destination_type,routing_key,properties_key";

  /** Reads a binding of the management API. */
  static Binding of(JsonNode json) {
    return new Binding(
        json.path("source").asText(),
        json.path("destination").asText(),
        json.path("destination_type").asText().equals("queue"),
        json.path("routing_key").asText(),
        json.path("properties_key").asText());
  }

  /**
   * Returns whether this is a queue's binding to the default exchange, which ends with the queue.
   */
  boolean isImplicit() {
    return source.isEmpty();
  }

  /** Returns the path of the binding in the management API. */
  String path(String vhost) {
    return "/api/bindings/%s/e/%s/%s/%s/%s"
        .formatted(
            encoded(vhost),
            encoded(source),
            toQueue ? 'q' : 'e',
            encoded(destination),
            encoded(properties));
  }
}
