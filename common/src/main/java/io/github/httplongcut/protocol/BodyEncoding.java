package io.github.httplongcut.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How a body is written in JSON (protocol section 2, {@code body_encoding}). */
enum BodyEncoding {
  UTF_8("utf-8"),
  BASE64("base64");

  private final String wireName;

  BodyEncoding(String wireName) {
    this.wireName = wireName;
  }

  String wireName() {
    return wireName;
  }

  /** The body that {@code text} stands for. */
  Body decode(String text) {
    return Body.of(
        this == UTF_8 ? text.getBytes(StandardCharsets.UTF_8) : Base64.getDecoder().decode(text));
  }

  static BodyEncoding ofName(String wireName) {
    for (BodyEncoding encoding : values()) {
      if (encoding.wireName.equals(wireName)) {
        return encoding;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is no body_encoding");
  }
}
