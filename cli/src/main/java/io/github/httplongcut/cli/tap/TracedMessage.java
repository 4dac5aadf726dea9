package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A message that somebody published, as RabbitMQ's tracing tells of it.
 *
 * @param exchange where it was published; the event's name
 * @param key its routing key
 * @param user the RabbitMQ user who published it
 * @param queues where it went; none if nobody was bound
 * @param events its JSON objects: one, or those of a batch (protocol section 7)
 */
record TracedMessage(
    String exchange, String key, String user, List<String> queues, List<JsonNode> events) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads a message from {@code amq.rabbitmq.trace}. What is no JSON makes one event that is no
   * object.
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

  /** The client gives AMQP's long strings as objects of its own. */
  private static String text(Object value) {
    return value == null ? "" : value.toString();
  }
}
