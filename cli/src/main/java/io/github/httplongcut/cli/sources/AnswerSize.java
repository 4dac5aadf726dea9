package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Bounds of an answer. A server may be foreign, or hostile. */
enum AnswerSize {
  /** Admin page of a process. */
  PAGE(4 << 20, 500_000),
  /** List of RabbitMQ's management API: some 30,000 connections, queues or bindings. */
  LIST(16 << 20, 2_000_000);

  /** Maximum depth of JSON. Each level is indented in the output, so few bytes become many. */
  private static final int MAX_DEPTH = 32;

  private final int maxBytes;
  private final int maxTokens;

  /**
   * @param maxBytes length of the body
   * @param maxTokens tokens of a JSON body. Each becomes an object of some 50 bytes.
   */
  AnswerSize(int maxBytes, int maxTokens) {
    this.maxBytes = maxBytes;
    this.maxTokens = maxTokens;
  }

  int maxBytes() {
    return maxBytes;
  }

  /** Returns the JSON reader that accepts no more than the bounds. */
  JsonMapper json() {
    return mapper().build();
  }

  /**
   * Returns a builder of a JSON reader that accepts unknown fields, and no more than the bounds.
   */
  JsonMapper.Builder mapper() {
    StreamReadConstraints constraints =
        StreamReadConstraints.builder()
            .maxTokenCount(maxTokens)
            .maxDocumentLength(maxBytes)
            .maxNestingDepth(MAX_DEPTH)
            .build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }
}
