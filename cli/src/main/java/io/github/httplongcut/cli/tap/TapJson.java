package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.output.JsonOutput;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/** Formats an event as one JSON object on one line. */
final class TapJson {

  /** Fields with the content of requests and responses, which may hold credentials. */
  private static final Set<String> CONTENT = Set.of("headers", "body", "body_encoding");

  private TapJson() {}

  /** Formats an event without header fields and body. */
  static List<String> withoutContent(TracedMessage message, JsonNode event, Moment now) {
    JsonNode shown = event.isObject() ? ((ObjectNode) event).deepCopy().remove(CONTENT) : event;
    return List.of(line(message, shown, now));
  }

  /** Formats a complete event. */
  static List<String> complete(TracedMessage message, JsonNode event, Moment now) {
    return List.of(line(message, event, now));
  }

  private static String line(TracedMessage message, JsonNode event, Moment now) {
    ObjectNode json = JsonOutput.object();
    json.put("time", now.time().truncatedTo(ChronoUnit.MILLIS).toString());
    json.put("exchange", message.exchange());
    json.put("user", message.user());
    json.put("key", message.key());
    ArrayNode queues = json.putArray("queues");
    message.queues().forEach(queues::add);
    json.put("batch", message.events().size());
    if (event.isObject()) {
      json.set("event", event);
    }
    return JsonOutput.line(json);
  }
}
