package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Opens JSON parsers for {@link EventCodec}.
 *
 * <p>Jackson keeps up to 6,000 names of the messages that a factory has parsed, so that it need not
 * decode them again. A tenant may send long names. The factory is therefore replaced from time to
 * time, before its names take much memory. A message with a new name copies them all.
 *
 * <p>Thread-safe.
 */
final class EventParsers {

  /** Nesting depth allowed in an unknown field of a newer version. */
  private static final int MAX_NESTING = 32;

  /** Characters of names that were read, repeated ones too, after which a factory is replaced. */
  private static final int MAX_NAME_CHARS = 1 << 20;

  private final AtomicInteger nameChars = new AtomicInteger();
  private volatile JsonFactory factory = newFactory();

  private static JsonFactory newFactory() {
    return JsonFactory.builder()
        // To intern a name that no other message has takes ten times as long as to read it.
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING)
                .maxNameLength(WireLimits.HEADER_CHARS)
                .maxStringLength(WireLimits.MESSAGE_BYTES)
                .build())
        .build();
  }

  /** Returns a parser of a message, at its start. */
  JsonParser open(byte[] message) throws IOException {
    return factory.createParser(message);
  }

  /** Notes that a parser has read names with so many characters. */
  void onNames(int chars) {
    if (nameChars.addAndGet(chars) > MAX_NAME_CHARS) {
      nameChars.set(0);
      factory = newFactory();
    }
  }
}
