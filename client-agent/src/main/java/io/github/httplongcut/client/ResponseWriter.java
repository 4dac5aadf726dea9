package io.github.httplongcut.client;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Response;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.StreamSinkConduit;

/** Writes a response and its framing to the caller. On the connection's I/O thread. */
final class ResponseWriter {

  private static final HttpString CONNECTION = new HttpString("Connection");
  private static final HttpString CONTENT_LENGTH = new HttpString("Content-Length");
  private static final HttpString TRANSFER_ENCODING = new HttpString("Transfer-Encoding");

  /** Undertow's reason phrase for a status that it does not know. */
  private static final String UNKNOWN_REASON = "Unknown";

  /** Maximum bytes of content that an idle connection keeps in memory. */
  private static final int MAX_KEPT_BYTES = 16 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final Set<String> FRAMING = Set.of("content-length");

  private ResponseWriter() {}

  /**
   * Writes the response.
   *
   * @param then is called once when the response is written, to end the exchange
   */
  static void write(HttpServerExchange httpExchange, Response response, Runnable then) {
    httpExchange.setStatusCode(response.statusCode());
    if (StatusCodes.getReason(response.statusCode()).equals(UNKNOWN_REASON)) {
      httpExchange.setReasonPhrase(""); // RFC 9112 section 4 allows an empty one
    }
    HeaderMap fields = httpExchange.getResponseHeaders();
    for (Headers.Field field : response.headers().without(FRAMING).fields()) {
      HttpString name = new HttpString(field.name());
      field.values().forEach(value -> fields.add(name, value));
    }
    if (!httpExchange.isPersistent()) {
      fields.put(CONNECTION, "close"); // RFC 9112 section 9.6; Undertow omits it with 204 and 304
    } else if (httpExchange.isHttp10()) {
      fields.put(
          CONNECTION, "keep-alive"); // RFC 9112 section 9.3: the default of HTTP/1.0 is close
    }
    if (hasContent(httpExchange, response.statusCode())) {
      fields.put(CONTENT_LENGTH, response.body().length());
      new ContentWriter(httpExchange, response.body().asByteBuffer(), then).write();
    } else {
      frameWithoutContent(httpExchange, contentLength(httpExchange, response));
      if (httpExchange.isRequestComplete()) {
        then.run();
      } else { // Undertow would write only after the request's content, which may never come
        new ContentWriter(httpExchange, NOTHING, then).write();
      }
    }
  }

  /**
   * Writes content to the caller. Undertow writes the fields and the first buffer of content
   * together, and then references that buffer for as long as the connection is open. So the first
   * buffer of long content is a copy of its beginning, which keeps the rest from being referenced.
   */
  private static final class ContentWriter {
    private final HttpServerExchange httpExchange;
    private final StreamSinkChannel channel;
    private final Runnable then;
    private final ByteBuffer first;
    private ByteBuffer rest;
    private boolean ended;

    ContentWriter(HttpServerExchange httpExchange, ByteBuffer content, Runnable then) {
      this.httpExchange = httpExchange;
      this.then = then;
      this.channel = httpExchange.getResponseChannel();
      this.rest = content;
      this.first = content.remaining() > MAX_KEPT_BYTES ? copyOfBeginning(content) : NOTHING;
    }

    private static ByteBuffer copyOfBeginning(ByteBuffer content) {
      byte[] beginning = new byte[MAX_KEPT_BYTES];
      content.get(beginning);
      return ByteBuffer.wrap(beginning);
    }

    /** Ends the answer, before the rest of the request is read. Returns whether it is flushed. */
    private boolean endAndFlush() throws IOException {
      if (!ended) {
        ended = true;
        channel.shutdownWrites();
      }
      return channel.flush();
    }

    /** Writes as much as the socket takes. Calls {@code then} when everything is written. */
    private void write() {
      try {
        while (first.hasRemaining() || rest.hasRemaining()) {
          if (channel.write(first.hasRemaining() ? first : rest) == 0) {
            channel.getWriteSetter().set(unused -> write());
            channel.resumeWrites();
            return;
          }
        }
        rest = NOTHING;
        if (!httpExchange.isRequestComplete() && !endAndFlush()) {
          channel.getWriteSetter().set(unused -> write());
          channel.resumeWrites();
          return;
        }
        channel.suspendWrites();
        channel.getWriteSetter().set(null);
        then.run();
      } catch (IOException e) {
        rest = NOTHING;
        IoUtils.safeClose(httpExchange.getConnection());
        httpExchange.endExchange();
      }
    }
  }

  /** Returns false for answers that end with their fields (RFC 9112 section 6.3). */
  private static boolean hasContent(HttpServerExchange httpExchange, int status) {
    return !isHead(httpExchange) && status != 204 && status != 304;
  }

  private static boolean isHead(HttpServerExchange httpExchange) {
    return httpExchange.getRequestMethod().equalToString("HEAD");
  }

  /**
   * Returns the Content-Length that a GET would have got (RFC 9110 section 8.6). A 204 has none.
   */
  private static Optional<String> contentLength(
      HttpServerExchange httpExchange, Response response) {
    if (response.statusCode() == 204) {
      return Optional.empty();
    }
    Optional<String> received = response.headers().first("Content-Length");
    boolean ownBody = isHead(httpExchange) && response.body().isPresent();
    return received.isEmpty() && ownBody
        ? Optional.of(Integer.toString(response.body().length()))
        : received;
  }

  /** Replaces the framing fields that Undertow sets in an answer without content. */
  private static void frameWithoutContent(
      HttpServerExchange httpExchange, Optional<String> contentLength) {
    httpExchange.addResponseWrapper(
        (factory, unused) -> {
          StreamSinkConduit conduit = factory.create();
          HeaderMap fields = httpExchange.getResponseHeaders();
          fields.remove(TRANSFER_ENCODING);
          fields.remove(CONTENT_LENGTH);
          contentLength.ifPresent(length -> fields.put(CONTENT_LENGTH, length));
          return conduit;
        });
  }
}
