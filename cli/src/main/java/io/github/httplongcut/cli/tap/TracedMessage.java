package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Published message, from RabbitMQ's tracing.
 *
 * @param exchange the exchange, which has the event's name
 * @param key the routing key
 * @param user the RabbitMQ user that published the message
 * @param queues the queues that received the message; empty if no queue was bound
 * @param events the JSON objects: one, or those of a batch (protocol section 7)
 */
record TracedMessage(
    String exchange, String key, String user, List<String> queues, List<JsonNode> events) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Parses a message from {@code amq.rabbitmq.trace}. A body that is not JSON becomes one event
   * that is not a JSON object.
   */
  static TracedMessage of(BasicProperties properties, byte[] body) {
    Map<String, Object> headers =
        properties.getHeaders() == null ? Map.of() : properties.getHeaders();
    List<String> keys = texts(headers.get("routing_keys"));
    return new TracedMessage(
        text(headers.get("exchange_name")),
        keys.isEmpty() ? "" : keys.get(0),
        text(headers.get("user")),
        texts(headers.get("routed_queues")),
        events(body));
  }

  private static List<JsonNode> events(byte[] body) {
    try {
      JsonNode root = JSON.readTree(body);
      if (!root.isArray()) {
        return List.of(root);
      }
      List<JsonNode> events = new ArrayList<>();
      root.forEach(events::add);
      return List.copyOf(events);
    } catch (IOException e) {
      return List.of(JSON.missingNode());
    }
  }

  private static List<String> texts(Object list) {
    return list instanceof List<?> values
        ? values.stream().map(TracedMessage::text).toList()
        : List.of();
  }

  /**
   * Converts a value to a string, because the AMQP client does not return long strings as {@code
   * String}.
   */
  private static String text(Object value) {
    return value == null ? "" : value.toString();
  }
}
