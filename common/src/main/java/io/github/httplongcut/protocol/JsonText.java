package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Encoded body of an event: the bytes of a JSON string, with quotes and escapes, and their {@code
 * body_encoding}. Immutable. Construction checks that decoding will succeed, so that a broker
 * passes on only bodies that other processes can read.
 */
final class JsonText {

  /** Base64 characters of the longest body. */
  private static final int MAX_LENGTH = (WireLimits.BODY_BYTES + 2) / 3 * 4;

  private static final int QUOTES = 2;
  private static final int HEX_DIGITS = 4;

  /** Length of an escape: backslash, u and four digits. */
  private static final int UNIT_ESCAPE = 2 + HEX_DIGITS;

  private final BodyEncoding encoding;
  private final byte[] quoted;

  private JsonText(BodyEncoding encoding, byte[] quoted) {
    this.encoding = encoding;
    this.quoted = quoted;
  }

  /**
   * Returns the body of a JSON string. Both the decoded and the encoded length are limited, so that
   * a body that a broker passes on always fits into a message. Honest senders keep to the limit on
   * the encoded length: they use base64 where the escaped text would be longer.
   *
   * @param quoted a valid JSON string, checked by a parser; must not be changed afterwards
   * @throws IllegalArgumentException if the string is not in this encoding, or longer than {@link
   *     WireLimits#BODY_BYTES}
   */
  static Body body(BodyEncoding encoding, byte[] quoted) {
    JsonText text = new JsonText(encoding, quoted);
    if (text.length() > MAX_LENGTH || text.decodedLength() > WireLimits.BODY_BYTES) {
      throw new IllegalArgumentException("body: more than " + WireLimits.BODY_BYTES + " bytes");
    }
    if (encoding == BodyEncoding.BASE64 && !text.isPlainBase64()) {
      return Body.of(Base64.getDecoder().decode(text.unescaped()));
    }
    return Body.of(text);
  }

  BodyEncoding encoding() {
    return encoding;
  }

  /** Returns the encoded length in bytes, without the quotes. */
  int length() {
    return quoted.length - QUOTES;
  }

  boolean isEmpty() {
    return length() == 0;
  }

  /** Writes the string unchanged. */
  void write(JsonGenerator json) throws IOException {
    json.writeRawUTF8String(quoted, 1, length());
  }

  /**
   * Returns the decoded length in bytes; for a string within the limit, an upper bound suffices.
   */
  int decodedLength() {
    if (encoding == BodyEncoding.BASE64) {
      return length() / 4 * 3 - padding();
    }
    return length() <= WireLimits.BODY_BYTES ? length() : unescaped().length;
  }

  private int padding() {
    int padding = 0;
    while (padding < 2 && padding < length() && quoted[length() - padding] == '=') {
      padding++;
    }
    return padding;
  }

  /** Returns the decoded bytes. */
  byte[] decode() {
    return encoding == BodyEncoding.BASE64
        ? Base64.getDecoder().decode(Arrays.copyOfRange(quoted, 1, quoted.length - 1))
        : unescaped();
  }

  /**
   * Resolves the escapes of RFC 8259 section 7, which a parser has already checked, and returns
   * UTF-8. The parser's own string is not used, because it would be decoded to chars and encoded
   * again.
   */
  private byte[] unescaped() {
    byte[] text = new byte[length()];
    int to = 0;
    int from = 1;
    while (from <= text.length) {
      byte each = quoted[from++];
      if (each != '\\') {
        text[to++] = each;
        continue;
      }
      if (quoted[from] != 'u') {
        text[to++] = meaningOf(quoted[from++]);
        continue;
      }
      StringBuilder units = new StringBuilder(); // two units may be a surrogate pair
      do {
        units.append((char) hex(from + 1));
        from += UNIT_ESCAPE;
      } while (quoted[from - 1] == '\\' && quoted[from] == 'u');
      from--;
      byte[] characters = units.toString().getBytes(StandardCharsets.UTF_8);
      System.arraycopy(characters, 0, text, to, characters.length);
      to += characters.length;
    }
    return to == text.length ? text : Arrays.copyOf(text, to);
  }

  private int hex(int at) {
    int value = 0;
    for (int i = at; i < at + HEX_DIGITS; i++) {
      value = value << 4 | Character.digit(quoted[i], 16);
    }
    return value;
  }

  private static byte meaningOf(byte escaped) {
    return switch (escaped) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> escaped;
    };
  }

  /**
   * Returns whether the string is base64 in whole groups of four, without escapes, so that decoding
   * cannot fail.
   */
  private boolean isPlainBase64() {
    int end = quoted.length - 1;
    for (int padding = 0; padding < 2 && end > 1 && quoted[end - 1] == '='; padding++) {
      end--;
    }
    for (int at = 1; at < end; at++) {
      if (!isOfBase64(quoted[at])) {
        return false;
      }
    }
    return length() % 4 == 0;
  }

  private static boolean isOfBase64(byte b) {
    return (b >= 'A' && b <= 'Z')
        || (b >= 'a' && b <= 'z')
        || (b >= '0' && b <= '9')
        || b == '+'
        || b == '/';
  }
}
