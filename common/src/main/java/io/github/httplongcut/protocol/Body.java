package io.github.httplongcut.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An HTTP message's content: absent, empty, or some bytes. Immutable: an array given to {@link
 * #of(byte[])} now belongs to it.
 */
public final class Body {

  /** No content at all, which is not the same as {@link #EMPTY}. */
  public static final Body ABSENT = new Body(new byte[0], false);

  /** Content of length 0. */
  public static final Body EMPTY = new Body(new byte[0], true);

  private final byte[] bytes;
  private final boolean present;

  private Body(byte[] bytes, boolean present) {
    this.bytes = bytes;
    this.present = present;
  }

  /** A body of these bytes, which the caller must not change any more. */
  public static Body of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new Body(bytes, true);
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
    return bytes.length;
  }

  /** The content, read-only. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  /** A copy of the content. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** The content itself, for this package's codec, which does not write to it. */
  byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Body body
        && present == body.present
        && Arrays.equals(bytes, body.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Its length only: bodies are never logged. */
  @Override
  public String toString() {
    return present ? "Body[" + bytes.length + " bytes]" : "Body[absent]";
  }
}
