package io.github.httplongcut.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Content of an HTTP message: absent, empty, or some bytes. Immutable and thread-safe: the caller
 * must not change an array that it has passed to {@link #of(byte[])}.
 *
 * <p>A body from an event is decoded at the first use of its bytes. A broker only passes bodies on,
 * so it never decodes them. Decoding drops the encoded form, so that a body is not in memory twice.
 */
public final class Body {

  /** No content, as opposed to {@link #EMPTY}. */
  public static final Body ABSENT = new Body(new byte[0], null, false);

  /** Content of length 0. */
  public static final Body EMPTY = new Body(new byte[0], null, true);

  private volatile JsonText json; // null: not from an event, or already decoded
  private final boolean present;
  private volatile byte[] bytes; // null: not decoded yet

  private Body(byte[] bytes, JsonText json, boolean present) {
    this.bytes = bytes;
    this.json = json;
    this.present = present;
  }

  /** Returns a body of these bytes. The caller must not change the array afterwards. */
  public static Body of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new Body(bytes, null, true);
  }

  /** Returns a body that is still encoded, and known to be well-formed. */
  static Body of(JsonText json) {
    return json.isEmpty() ? EMPTY : new Body(null, json, true);
  }

  /** Returns a body of this text in UTF-8. */
  public static Body ofText(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns false only for {@link #ABSENT}. */
  public boolean isPresent() {
    return present;
  }

  /** Returns the length in bytes; 0 if absent. */
  public int length() {
    return bytes().length;
  }

  /**
   * Returns the length in bytes without decoding the body; for a text with escapes, an upper bound.
   */
  public int lengthAtMost() {
    JsonText encoded = json;
    return encoded == null ? bytes.length : encoded.decodedLength();
  }

  /** Returns the approximate memory in bytes, decoded or not. */
  public int footprint() {
    JsonText encoded = json;
    return encoded == null ? bytes.length : encoded.length();
  }

  /** Returns the content as a read-only buffer. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes()).asReadOnlyBuffer();
  }

  /** Returns a copy of the content. */
  public byte[] toByteArray() {
    return bytes().clone();
  }

  /**
   * Returns the content without a copy, for the codec of this package, which does not change it.
   */
  byte[] bytes() {
    JsonText encoded =
        json; // read before bytes, because a decoding thread clears json after setting bytes
    byte[] known = bytes;
    if (known == null) {
      known = encoded.decode();
      bytes = known;
      json = null;
    }
    return known;
  }

  /** Returns the encoded form; empty if the body is not from an event, or already decoded. */
  Optional<JsonText> json() {
    return Optional.ofNullable(json);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Body body
        && present == body.present
        && Arrays.equals(bytes(), body.bytes());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes());
  }

  /** Returns the length only, because bodies are never logged. */
  @Override
  public String toString() {
    return present ? "Body[" + footprint() + " bytes]" : "Body[absent]";
  }
}
