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
 * What a client hands its user.
 *
 * @param url where it came from in the end
 * @param headers as the client shows them, in its order
 * @param body empty if there is none; still gzip where the client leaves that to its user
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares answers: transcripts are
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

  /** The body, inflated if need be. */
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
