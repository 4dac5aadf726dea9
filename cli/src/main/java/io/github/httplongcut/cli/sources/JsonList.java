package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.output.JsonOutput;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * Reads a JSON list of objects while it arrives. Keeps one element in memory, however many come.
 */
final class JsonList {

  /** Most fields of an element. */
  private static final int MAX_FIELDS = 32;

  /** Longest text of a field, in characters. */
  private static final int MAX_TEXT = 64 << 10;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MAX_TEXT)
                  .maxNestingDepth(MAX_FIELDS)
                  .build())
          .build();

  private JsonList() {}

  /**
   * Reads all elements.
   *
   * @param visitor gets each element with its text fields, and without the others
   * @throws IOException if this is no JSON list of objects, or an element is too long
   */
  static void read(InputStream in, Consumer<ObjectNode> visitor) throws IOException {
    try (JsonParser parser = JSON.createParser(in)) {
      require(parser.nextToken() == JsonToken.START_ARRAY);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        require(parser.currentToken() == JsonToken.START_OBJECT);
        visitor.accept(element(parser));
      }
    }
  }

  private static ObjectNode element(JsonParser parser) throws IOException {
    ObjectNode element = JsonOutput.object();
    for (int fields = 0; parser.nextToken() != JsonToken.END_OBJECT; fields++) {
      require(fields < MAX_FIELDS);
      String name = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        element.put(name, parser.getText());
      } else {
        parser.skipChildren();
      }
    }
    return element;
  }

  private static void require(boolean valid) throws IOException {
    if (!valid) {
      throw new IOException("the answer is not a JSON list of small objects");
    }
  }
}
