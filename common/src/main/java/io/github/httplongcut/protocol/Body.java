package io.github.httplongcut.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * An HTTP message's content: absent, empty, or some bytes. Immutable: an array given to {@link
 * #of(byte[])} now belongs to it.
 *
 * <p>One that came in an event stays as it stood there until somebody asks for its bytes: a broker,
 * which only passes it on, never does. From then on it is these bytes, and no longer in memory
 * twice. Safe for use by several threads.
 */
public final class Body {

  /** No content at all, which is not the same as {@link #EMPTY}. */
  public static final Body ABSENT = new Body(new byte[0], null, false);

  /** Content of length 0. */
  public static final Body EMPTY = new Body(new byte[0], null, true);

  private volatile JsonText json; // null: it came in no event, or the bytes are known
  private final boolean present;
  private volatile byte[] bytes; // null: nobody has asked for them yet

  private Body(byte[] bytes, JsonText json, boolean present) {
    this.bytes = bytes;
    this.json = json;
    this.present = present;
  }

  /** A body of these bytes, which the caller must not change any more. */
  public static Body of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new Body(bytes, null, true);
  }

  /** A body as it stands in an event; known to be well-formed. */
  static Body of(JsonText json) {
    return json.isEmpty() ? EMPTY : new Body(null, json, true);
  }

  /** A body of this text in UTF-8. */
  public static Body ofText(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** False only for {@link #ABSENT}. */
  public boolean isPresent() {
    return present;
  }

  /** Bytes of content; 0 if absent. */
  public int length() {
    return bytes().length;
  }

  /** About as many bytes of memory as it takes up, whether anybody asked for its content or not. */
  public int footprint() {
    JsonText stands = json;
    return stands == null ? bytes.length : stands.length();
  }

  /** The content, read-only. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes()).asReadOnlyBuffer();
  }

  /** A copy of the content. */
  public byte[] toByteArray() {
    return bytes().clone();
  }

  /** The content itself, for this package's codec, which does not write to it. */
  byte[] bytes() {
    JsonText stands = json; // read first: whoever forgets it has set the bytes before
    byte[] known = bytes;
    if (known == null) {
      known = stands.decode();
      bytes = known;
      json = null;
    }
    return known;
  }

  /** As it stands in the event that it came in, if in any, while nobody has asked for its bytes. */
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

  /** Its length only: bodies are never logged. */
  @Override
  public String toString() {
    return present ? "Body[" + footprint() + " bytes]" : "Body[absent]";
  }
}
