package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * A body as it stands in an event: the bytes of a JSON string, quotes and escapes included, and
 * what they encode. Immutable. Whatever can be made one can be decoded: a broker passes on nothing
 * that others could not read.
 */
final class JsonText {

  /** Characters of base64 for the longest body. */
  private static final int MAX_LENGTH = (WireLimits.BODY_BYTES + 2) / 3 * 4;

  private static final int QUOTES = 2;
  private static final int HEX_DIGITS = 4;

  /** A backslash, a u, and digits. */
  private static final int UNIT_ESCAPE = 2 + HEX_DIGITS;

  private final BodyEncoding encoding;
  private final byte[] quoted;

  private JsonText(BodyEncoding encoding, byte[] quoted) {
    this.encoding = encoding;
    this.quoted = quoted;
  }

  /**
   * The body that this JSON string stands for. Its length is bounded twice: decoded, and as it
   * stands, which no honest sender makes longer than base64 would be. So what a broker passes on
   * always fits a message.
   *
   * @param quoted what a parser has found to be a JSON string; now belongs to the body
   * @throws IllegalArgumentException if it is not in that encoding, or longer than {@link
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

  /** In bytes, without the quotes. */
  int length() {
    return quoted.length - QUOTES;
  }

  boolean isEmpty() {
    return length() == 0;
  }

  /** Writes it as it came. */
  void write(JsonGenerator json) throws IOException {
    json.writeRawUTF8String(quoted, 1, length());
  }

  /** Bytes that it stands for; of what is short enough in any case, an upper bound. */
  private int decodedLength() {
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

  /** The bytes that it stands for. */
  byte[] decode() {
    return encoding == BodyEncoding.BASE64
        ? Base64.getDecoder().decode(Arrays.copyOfRange(quoted, 1, quoted.length - 1))
        : unescaped();
  }

  /**
   * The text in UTF-8, without the escapes of RFC 8259 section 7, which a parser has found to be
   * right. A parser's own text would be decoded to chars and encoded again.
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
      StringBuilder units = new StringBuilder(); // two of them may be one character
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

  /** Whole groups of four, of base64's own characters: nothing that a decoder may refuse. */
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
