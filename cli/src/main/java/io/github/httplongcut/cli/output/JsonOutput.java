package io.github.httplongcut.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Writes JSON for {@code --json}. Escapes all characters beyond ASCII, and so those that control a
 * terminal.
 */
public final class JsonOutput {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private static final ObjectWriter INDENTED = JSON.writerWithDefaultPrettyPrinter();

  private JsonOutput() {}

  /** Returns a new JSON object, to be filled in. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** Returns the JSON of a record, with names such as {@code in_flight} for {@code inFlight}. */
  public static JsonNode tree(Record content) {
    return JSON.valueToTree(content);
  }

  /** Returns the JSON on several lines. */
  public static String indented(JsonNode json) {
    try {
      return escaped(INDENTED.writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("JSON that cannot be written", e);
    }
  }

  /** Returns the JSON on one line. */
  public static String line(JsonNode json) {
    try {
      return escaped(JSON.writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("JSON that cannot be written", e);
    }
  }

  /** Escapes DEL, the only control character of ASCII that Jackson writes as it is. */
  private static String escaped(String json) {
    return json.replace("\u007f", "\\u007f");
  }
}
