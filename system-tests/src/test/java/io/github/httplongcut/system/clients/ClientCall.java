package io.github.httplongcut.system.clients;

import java.util.ArrayList;
import java.util.List;

/**
 * A request to send, independent of the client.
 *
 * @param path path and query, encoded as on the wire
 * @param headers fields to add to the client's own, Latin-1
 * @param content the body to send
 * @param follow true if the client must follow redirects; the response is then the last one
 * @param compressed true if the client must ask for gzip
 */
record ClientCall(
    String method,
    String path,
    List<Field> headers,
    Content content,
    boolean follow,
    boolean compressed) {

  /** One header line. */
  record Field(String name, String value) {}

  /** The body of a request. */
  sealed interface Content {}

  /** No body. */
  record None() implements Content {}

  /** A body that the client sends with {@code Content-Length}. */
  @SuppressWarnings("ArrayRecordComponent") // bodies are never compared
  record Sized(String type, byte[] data) implements Content {}

  /** A body whose length the client does not know, so that it uses chunked transfer coding. */
  @SuppressWarnings("ArrayRecordComponent") // bodies are never compared
  record Chunked(String type, byte[] data) implements Content {}

  /** A form with a text field {@code comment} and a file, {@code multipart/form-data}. */
  @SuppressWarnings("ArrayRecordComponent") // bodies are never compared
  record Upload(String comment, String fileName, String fileType, byte[] data) implements Content {}

  static ClientCall get(String path) {
    return of("GET", path);
  }

  static ClientCall of(String method, String path) {
    return new ClientCall(method, path, List.of(), new None(), false, false);
  }

  ClientCall with(String name, String value) {
    List<Field> more = new ArrayList<>(headers);
    more.add(new Field(name, value));
    return new ClientCall(method, path, List.copyOf(more), content, follow, compressed);
  }

  ClientCall sending(Content body) {
    return new ClientCall(method, path, headers, body, follow, compressed);
  }

  ClientCall following() {
    return new ClientCall(method, path, headers, content, true, compressed);
  }

  ClientCall asCompressed() {
    return new ClientCall(method, path, headers, content, follow, true);
  }
}
