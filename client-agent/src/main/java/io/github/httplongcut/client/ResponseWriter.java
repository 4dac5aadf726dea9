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

/** Writes a response as it is; on the connection's I/O thread. */
final class ResponseWriter {

  private static final HttpString CONNECTION = new HttpString("Connection");
  private static final HttpString CONTENT_LENGTH = new HttpString("Content-Length");
  private static final HttpString TRANSFER_ENCODING = new HttpString("Transfer-Encoding");

  /** What Undertow says of a status that it does not know. */
  private static final String UNKNOWN = "Unknown";

  /** Bytes of content that an idle connection may hold. */
  private static final int MOST_KEPT = 16 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final Set<String> FRAMING = Set.of("content-length");

  private ResponseWriter() {}

  /**
   * Sends it.
   *
   * @param then is called once it is written, to end the exchange
   */
  static void write(HttpServerExchange httpExchange, Response response, Runnable then) {
    httpExchange.setStatusCode(response.statusCode());
    if (StatusCodes.getReason(response.statusCode()).equals(UNKNOWN)) {
      httpExchange.setReasonPhrase(""); // RFC 9112 section 4: it may be empty
    }
    HeaderMap fields = httpExchange.getResponseHeaders();
    for (Headers.Field field : response.headers().without(FRAMING).fields()) {
      HttpString name = new HttpString(field.name());
      field.values().forEach(value -> fields.add(name, value));
    }
    if (!httpExchange.isPersistent()) {
      fields.put(CONNECTION, "close"); // RFC 9112 section 9.6; Undertow forgets 204 and 304
    } else if (httpExchange.isHttp10()) {
      fields.put(CONNECTION, "keep-alive"); // RFC 9112 section 9.3: HTTP/1.0 has to be told
    }
    if (hasContent(httpExchange, response.statusCode())) {
      fields.put(CONTENT_LENGTH, response.body().length());
      new Content(httpExchange, response.body().asByteBuffer(), then).write();
    } else {
      frameWithoutContent(httpExchange, contentLength(httpExchange, response));
      if (httpExchange.isRequestComplete()) {
        then.run();
      } else { // Undertow would write it behind the request's content, which may never come
        new Content(httpExchange, NOTHING, then).write();
      }
    }
  }

  /**
   * Content on its way to the caller. Undertow keeps what is written first, together with the
   * fields, for as long as the connection is kept: of longer content that is a copy of its
   * beginning.
   */
  private static final class Content {
    private final HttpServerExchange httpExchange;
    private final StreamSinkChannel channel;
    private final Runnable then;
    private final ByteBuffer first;
    private ByteBuffer rest;
    private boolean ended;

    Content(HttpServerExchange httpExchange, ByteBuffer content, Runnable then) {
      this.httpExchange = httpExchange;
      this.then = then;
      this.channel = httpExchange.getResponseChannel();
      this.rest = content;
      this.first = content.remaining() > MOST_KEPT ? copyOfBeginning(content) : NOTHING;
    }

    private static ByteBuffer copyOfBeginning(ByteBuffer content) {
      byte[] beginning = new byte[MOST_KEPT];
      content.get(beginning);
      return ByteBuffer.wrap(beginning);
    }

    /** Ends the answer before what is left of the request is read. */
    private boolean isFlushed() throws IOException {
      if (!ended) {
        ended = true;
        channel.shutdownWrites();
      }
      return channel.flush();
    }

    /** Writes what the socket takes, and ends the exchange once that was all. */
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
        if (!httpExchange.isRequestComplete() && !isFlushed()) {
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

  /** RFC 9112 section 6.3: the answers that end with their fields, whatever these say. */
  private static boolean hasContent(HttpServerExchange httpExchange, int status) {
    return !isHead(httpExchange) && status != 204 && status != 304;
  }

  private static boolean isHead(HttpServerExchange httpExchange) {
    return httpExchange.getRequestMethod().equalToString("HEAD");
  }

  /** What a GET would have got (RFC 9110 section 8.6); a 204 never has one. */
  private static Optional<String> contentLength(
      HttpServerExchange httpExchange, Response response) {
    if (response.statusCode() == 204) {
      return Optional.empty();
    }
    Optional<String> told = response.headers().first("Content-Length");
    boolean ownBody = isHead(httpExchange) && response.body().isPresent();
    return told.isEmpty() && ownBody
        ? Optional.of(Integer.toString(response.body().length()))
        : told;
  }

  /**
   * Undertow frames an answer without content in its own way; this puts it right before it goes.
   */
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
