package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Answer of an HTTP server, of bounded size.
 *
 * @param status the status
 * @param body the complete body; empty if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // answers are not compared
record HttpAnswer(int status, byte[] body) {

  /**
   * Maximum number of tokens of a JSON body. Each becomes an object of some 50 bytes, so the number
   * is bounded, too, besides the size of the body.
   */
  private static final int MAX_TOKENS = 500_000;

  private static final JsonMapper JSON = mapper().build();

  /**
   * Returns a builder of a JSON reader that accepts unknown fields, and no more than the bounds.
   */
  static JsonMapper.Builder mapper() {
    StreamReadConstraints constraints =
        StreamReadConstraints.builder()
            .maxTokenCount(MAX_TOKENS)
            .maxDocumentLength(LimitedHttp.MAX_BYTES)
            .build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }

  /** Returns whether the status is a success. */
  boolean isSuccess() {
    return status / 100 == 2;
  }

  /**
   * Parses the body.
   *
   * @throws IOException if it is not JSON
   */
  JsonNode json() throws IOException {
    return JSON.readTree(body);
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
