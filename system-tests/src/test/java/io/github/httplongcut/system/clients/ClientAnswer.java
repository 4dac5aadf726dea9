package io.github.httplongcut.system.clients;

import io.github.httplongcut.system.clients.ClientCall.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * The response as a client shows it to its user.
 *
 * @param url the URL of this response, after redirects
 * @param headers the header fields in the order in which the client shows them
 * @param body empty if there is none; still compressed if the client does not decode gzip
 */
@SuppressWarnings("ArrayRecordComponent") // responses are never compared, only transcripts
record ClientAnswer(int status, URI url, List<Field> headers, byte[] body) {

  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;

  Optional<String> header(String name) {
    return all(name).stream().findFirst();
  }

  List<String> all(String name) {
    return headers.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  /** The body, decompressed if it is gzip. */
  byte[] content() {
    boolean gzip =
        body.length > 2 && (body[0] & 0xff) == GZIP_FIRST && (body[1] & 0xff) == GZIP_SECOND;
    if (!gzip) {
      return body;
    }
    try (GZIPInputStream inflated = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return inflated.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String text() {
    return new String(content(), StandardCharsets.UTF_8);
  }
}
