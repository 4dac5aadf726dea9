package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.http.Headers;
import java.util.List;
import java.util.Locale;

/**
 * Headers and body of a captured request or response. Immutable.
 *
 * @param headers one line for each value, in the order in which the relay publishes them
 */
record CapturedMessage(List<HeaderLine> headers, CapturedBody body) {

  /** Bytes of a string or list element besides its characters. */
  private static final int OVERHEAD = 64;

  /** A header field with one value, which may be masked. */
  record HeaderLine(String name, String value) {

    long footprint() {
      return 2 * OVERHEAD + 2L * (name.length() + value.length());
    }
  }

  static CapturedMessage of(Headers headers, CapturedBody body) {
    List<HeaderLine> lines =
        headers.fields().stream()
            .flatMap(field -> field.values().stream().map(it -> new HeaderLine(field.name(), it)))
            .toList();
    return new CapturedMessage(lines, body);
  }

  /** Returns the headers. They must not be masked. */
  Headers toHeaders() {
    Headers.Builder builder = Headers.builder();
    headers.forEach(line -> builder.add(line.name, line.value));
    return builder.build();
  }

  /** Returns the media type in lower case; empty if there is none. */
  String contentType() {
    return headers.stream()
        .filter(line -> line.name.equalsIgnoreCase("Content-Type"))
        .map(line -> line.value.toLowerCase(Locale.ROOT))
        .findFirst()
        .orElse("");
  }

  /** Returns the approximate memory in bytes; not less than it takes. */
  long footprint() {
    return OVERHEAD
        + headers.stream().mapToLong(HeaderLine::footprint).sum()
        + OVERHEAD
        + body.kept().footprint();
  }
}
