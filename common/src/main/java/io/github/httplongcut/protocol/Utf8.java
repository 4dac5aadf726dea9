package io.github.httplongcut.protocol;

/** Decides whether a body is sent as text or in base64 (protocol section 2, {@code body}). */
final class Utf8 {

  private Utf8() {}

  /**
   * Returns whether these bytes are valid UTF-8 (RFC 3629: no overlong forms, no surrogates) and,
   * as a JSON string, not longer than in base64.
   */
  static boolean isReadable(byte[] bytes) {
    int base64Length = (bytes.length + 2) / 3 * 4;
    int escapedLength = 0;
    int at = 0;
    while (at < bytes.length) {
      int first = bytes[at] & 0xff;
      if (first < 0x80) {
        escapedLength += escapedLength(first);
        at++;
        if (escapedLength > base64Length) {
          return false;
        }
        continue;
      }
      int length = sequenceLength(bytes, at, first);
      if (length == 0) {
        return false;
      }
      escapedLength += length;
      at += length;
    }
    return escapedLength <= base64Length;
  }

  private static int escapedLength(int ascii) {
    if (ascii >= 0x20) {
      return ascii == '"' || ascii == '\\' ? 2 : 1;
    }
    return switch (ascii) {
      case '\b', '\t', '\n', '\f', '\r' -> 2;
      default -> 6;
    };
  }

  /**
   * Returns the length in bytes of the sequence at {@code at}, whose first byte is {@code first} >=
   * 0x80; 0 if invalid.
   */
  private static int sequenceLength(byte[] bytes, int at, int first) {
    int left = bytes.length - at;
    if (first >= 0xc2 && first <= 0xdf) {
      return left >= 2 && isContinuation(bytes[at + 1]) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
      if (left < 3 || !isContinuation(bytes[at + 1]) || !isContinuation(bytes[at + 2])) {
        return 0;
      }
      int second = bytes[at + 1] & 0xff;
      boolean overlong = first == 0xe0 && second < 0xa0;
      boolean surrogate = first == 0xed && second > 0x9f;
      return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
      if (left < 4
          || !isContinuation(bytes[at + 1])
          || !isContinuation(bytes[at + 2])
          || !isContinuation(bytes[at + 3])) {
        return 0;
      }
      int second = bytes[at + 1] & 0xff;
      boolean overlong = first == 0xf0 && second < 0x90;
      boolean tooHigh = first == 0xf4 && second > 0x8f;
      return overlong || tooHigh ? 0 : 4;
    }
    return 0;
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xc0) == 0x80;
  }
}
