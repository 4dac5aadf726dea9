package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Answer of an HTTP server, of bounded size.
 *
 * @param status the status
 * @param body the complete body; empty if there is none
 * @param size bounds of its content
 */
@SuppressWarnings("ArrayRecordComponent") // answers are not compared
record HttpAnswer(int status, byte[] body, AnswerSize size) {

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
    return size.json().readTree(body);
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
