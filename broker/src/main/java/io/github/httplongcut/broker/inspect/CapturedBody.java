package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.protocol.Body;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Body as far as it is kept. Immutable.
 *
 * @param kept the kept bytes; absent if the message had no body
 * @param bytes the length of the whole body
 */
record CapturedBody(Body kept, int bytes, boolean truncated) {

  private static final int MAX_CONTINUATION_BYTES = 3;

  /** Keeps at most {@code max} bytes, and cuts no UTF-8 character. */
  static CapturedBody of(Body body, long max) {
    ByteBuffer content = body.asByteBuffer();
    int length = content.remaining();
    if (length <= max) {
      return new CapturedBody(
          body.isPresent() ? Body.of(copy(content, length)) : body, length, false);
    }
    int end = (int) max;
    for (int i = 0;
        i < MAX_CONTINUATION_BYTES && end > 0 && isContinuation(content.get(end));
        i++) {
      end--;
    }
    return new CapturedBody(Body.of(copy(content, end)), length, true);
  }

  private static byte[] copy(ByteBuffer content, int length) {
    byte[] copy = new byte[length];
    content.get(0, copy);
    return copy;
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xc0) == 0x80;
  }

  /** Returns the kept bytes as text if they are valid UTF-8. */
  Optional<String> text() {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(kept.asByteBuffer());
      return Optional.of(text.toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** Returns this body with another text. */
  CapturedBody withText(String text) {
    return new CapturedBody(Body.ofText(text), bytes, truncated);
  }
}
