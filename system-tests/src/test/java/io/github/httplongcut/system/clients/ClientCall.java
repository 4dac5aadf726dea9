package io.github.httplongcut.system.clients;

import java.util.ArrayList;
import java.util.List;

/**
 * A request as one thinks of it before choosing a client.
 *
 * @param path with the query, as it goes over the wire
 * @param headers those to add to the client's own, Latin-1
 * @param content what it sends
 * @param follow whether the client is to follow redirects; the answer is the last one
 * @param compressed whether the client is to ask for gzip
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

  /** What a request sends. */
  sealed interface Content {}

  /** Nothing. */
  record None() implements Content {}

  /** Bytes whose number is known. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares contents
  record Sized(String type, byte[] data) implements Content {}

  /** Bytes whose number the client is not told: it sends them chunked. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares contents
  record Chunked(String type, byte[] data) implements Content {}

  /** A form with a text field {@code comment} and a file, {@code multipart/form-data}. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares contents
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

  ClientCall sending(Content what) {
    return new ClientCall(method, path, headers, what, follow, compressed);
  }

  ClientCall following() {
    return new ClientCall(method, path, headers, content, true, compressed);
  }

  ClientCall asCompressed() {
    return new ClientCall(method, path, headers, content, follow, true);
  }
}
