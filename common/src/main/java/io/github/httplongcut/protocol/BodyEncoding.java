package io.github.httplongcut.protocol;

/** Encoding of a body in JSON (protocol section 2, {@code body_encoding}). */
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

  static BodyEncoding ofName(String wireName) {
    for (BodyEncoding encoding : values()) {
      if (encoding.wireName.equals(wireName)) {
        return encoding;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is not a body_encoding");
  }
}
