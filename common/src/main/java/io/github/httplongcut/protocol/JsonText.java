package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * A body as it stands in an event: the bytes of a JSON string, quotes and escapes included, and
 * what they encode. Immutable. Whatever can be made one can be decoded: a broker passes on nothing
 * that others could not read.
 */
final class JsonText {

  private static final JsonFactory JSON = new JsonFactory();
  private static final int QUOTES = 2;

  private final BodyEncoding encoding;
  private final byte[] quoted;

  private JsonText(BodyEncoding encoding, byte[] quoted) {
    this.encoding = encoding;
    this.quoted = quoted;
  }

  /**
   * The body that this JSON string stands for.
   *
   * @param quoted what a parser has found to be a JSON string; now belongs to the body
   * @throws IllegalArgumentException if it is not in that encoding
   */
  static Body body(BodyEncoding encoding, byte[] quoted) {
    JsonText text = new JsonText(encoding, quoted);
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

  /** The bytes that it stands for. */
  byte[] decode() {
    byte[] text = Arrays.copyOfRange(quoted, 1, quoted.length - 1);
    if (encoding == BodyEncoding.BASE64) {
      return Base64.getDecoder().decode(text);
    }
    for (byte each : text) {
      if (each == '\\') {
        return unescaped().getBytes(StandardCharsets.UTF_8);
      }
    }
    return text;
  }

  private String unescaped() {
    try (JsonParser json = JSON.createParser(quoted)) {
      return json.nextTextValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a parser has read it before
    }
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
