package io.github.httplongcut.upstream.http;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.nio.AsyncClientExchangeHandler;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.RequestChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;

/**
 * One request and its response on one connection. Writes the request, collects the response up to
 * the target's limit, and reports the result once. All methods run on the connection's I/O thread.
 */
final class HttpExchange implements AsyncClientExchangeHandler {

  /** Receives the result of an exchange. One of the methods is called, once, on the I/O thread. */
  interface Listener {

    /**
     * Called with a complete response, or after a response was refused.
     *
     * @param keepAlive time for which the connection may be reused; empty to close it
     */
    void onResult(Result result, Optional<Duration> keepAlive);

    /**
     * Called when the connection failed, or the response is not valid HTTP.
     *
     * @param transferred progress of the exchange when it failed
     */
    void onBroken(Exception cause, Transferred transferred);

    /**
     * Called at the end of an exchange that had a connection.
     *
     * @param sent bytes written for the request
     * @param received bytes read for the response
     */
    void onReleased(long sent, long received);
  }

  /** Progress of an exchange: the last thing that passed over the connection. */
  enum Transferred {
    /** No byte of the request was written. */
    NOTHING,
    /** The request was written, at least in part; no byte of a response arrived. */
    REQUEST,
    /** At least one byte of a response arrived. */
    RESPONSE
  }

  private static final Pattern KEEP_ALIVE_TIMEOUT =
      Pattern.compile("(?:^|[,\\s])timeout=(\\d{1,6})", Pattern.CASE_INSENSITIVE);

  private static final String CONTENT_LENGTH = "Content-Length";

  private static final byte[] NO_BYTES = {};

  /**
   * Content size, in bytes, that any server reads before it refuses a request. A server that
   * refuses a larger request may not have read its content and may close the connection, even if
   * its response does not announce that. Such a connection is not reused: the next request on it
   * could fail.
   */
  private static final int MAX_REFUSED_CONTENT = 16 * 1024;

  /**
   * Initial buffer size in bytes. The buffer grows as content arrives; Content-Length is only an
   * upper bound.
   */
  private static final int MIN_BUFFER_SIZE = 4096;

  private final HttpRequest request;
  private final Optional<ByteBuffer> content;
  private final int contentLength;
  private final long maxResponseBody;
  private final Duration maxIdle;
  private final Listener listener;

  private EndpointDetails connection;
  private long sentBefore;
  private long receivedBefore;
  private boolean released;
  private boolean requestComplete;
  private boolean ended;
  private int status;
  private Headers headers;
  private Duration keepAlive;
  private long announcedLength;
  private boolean endsWithConnection;
  private byte[] received = NO_BYTES;
  private int length;

  /**
   * @param request the HTTP message with all its header fields
   * @param body the request's content; whether it is absent or empty shows only in the header
   *     fields of {@code request}
   * @param maxResponseBody bytes
   * @param maxIdle longest time that an idle connection is kept
   */
  HttpExchange(
      HttpRequest request, Body body, long maxResponseBody, Duration maxIdle, Listener listener) {
    this.request = request;
    this.content = body.length() == 0 ? Optional.empty() : Optional.of(body.asByteBuffer());
    this.contentLength = body.length();
    this.maxResponseBody = maxResponseBody;
    this.maxIdle = maxIdle;
    this.listener = listener;
  }

  @Override
  public void produceRequest(RequestChannel channel, HttpContext context)
      throws HttpException, IOException {
    connection = HttpCoreContext.cast(context).getEndpointDetails();
    sentBefore = connection.getSentBytesCount();
    receivedBefore = connection.getReceivedBytesCount();
    requestComplete = content.isEmpty();
    EntityDetails details =
        content.map(bytes -> new BasicEntityDetails(bytes.remaining(), null)).orElse(null);
    channel.sendRequest(request, details, context);
  }

  @Override
  public int available() {
    return content.map(ByteBuffer::remaining).orElse(0);
  }

  @Override
  public void produce(DataStreamChannel channel) throws IOException {
    if (content.isPresent() && !requestComplete) {
      channel.write(content.get());
      if (!content.get().hasRemaining()) {
        requestComplete = true;
        channel.endStream();
      }
    }
  }

  /** Drops interim responses (RFC 9110 section 15.2), which the caller did not ask for. */
  @Override
  public void consumeInformation(HttpResponse response, HttpContext context) {
    if (response.getCode() == 101) {
      fail(
          Failure.UPSTREAM_PROTOCOL_ERROR,
          "answered 101 Switching Protocols, which the request did not ask for");
    }
  }

  @Override
  public void consumeResponse(HttpResponse response, EntityDetails details, HttpContext context)
      throws InvalidResponseException {
    try {
      status = response.getCode();
      Headers all = headersOf(response);
      boolean notReusable =
          ConnectionAuth.isUsedBy(request, response)
              || ResponseFraming.isAmbiguous(response)
              || (isRefusal() && contentLength > MAX_REFUSED_CONTENT);
      keepAlive = notReusable ? Duration.ZERO : keepAliveOf(all);
      headers = withSingleLength(HeaderRules.endToEnd(all), response);
    } catch (IllegalArgumentException e) {
      fail(
          Failure.UPSTREAM_PROTOCOL_ERROR,
          "sent a response that cannot be relayed: " + e.getMessage());
      return;
    }
    if (details == null) {
      succeed(Body.ABSENT);
      return;
    }
    Optional<String> endless = EndlessContent.typeOf(details);
    if (endless.isPresent()) {
      fail(
          Failure.NOT_IMPLEMENTED,
          "sent an endless stream, which cannot be relayed: " + endless.get());
      return;
    }
    announcedLength = details.getContentLength();
    endsWithConnection = announcedLength == ContentLengthStrategy.UNDEFINED;
    if (announcedLength > maxResponseBody) {
      failTooLarge();
    }
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    channel.update(Integer.MAX_VALUE);
  }

  @Override
  public void consume(ByteBuffer bytes) {
    if (ended) {
      return;
    }
    int more = bytes.remaining();
    if (length + (long) more > maxResponseBody) {
      failTooLarge();
      return;
    }
    if (length + more > received.length) {
      long max = announcedLength > 0 ? announcedLength : maxResponseBody;
      long doubled = Math.min(Math.max(2L * received.length, MIN_BUFFER_SIZE), max);
      received = Arrays.copyOf(received, (int) Math.max(doubled, length + more));
    }
    bytes.get(received, length, more);
    length += more;
  }

  /** Drops trailers, as any recipient may (RFC 9110 section 6.5.1). */
  @Override
  public void streamEnd(List<? extends Header> trailers) {
    if (!ended) {
      succeed(receivedBody());
    }
  }

  private Body receivedBody() {
    return Body.of(length == received.length ? received : Arrays.copyOf(received, length));
  }

  /**
   * Returns whether the server refuses a request with content. If the server has not read all the
   * content, TCP resets the connection, although the response is complete (RFC 9112 section 9.6).
   */
  private boolean isRefusal() {
    return contentLength > 0 && status >= HttpStatus.SC_CLIENT_ERROR;
  }

  @Override
  public void failed(Exception cause) {
    if (!ended && endsWithConnection && isRefusal() && ResponseFault.isReset(cause)) {
      succeed(receivedBody());
    } else if (!ended) {
      ended = true;
      listener.onBroken(cause, transferred());
    }
  }

  /** Called when the connection is closed before this exchange has begun. */
  @Override
  public void cancel() {
    failed(new IOException("the connection was closed"));
  }

  @Override
  public void releaseResources() {
    received = NO_BYTES;
    if (connection != null && !released) {
      released = true;
      listener.onReleased(
          connection.getSentBytesCount() - sentBefore,
          connection.getReceivedBytesCount() - receivedBefore);
    }
  }

  private Transferred transferred() {
    if (connection == null) {
      return Transferred.NOTHING;
    }
    return connection.getReceivedBytesCount() == receivedBefore
        ? Transferred.REQUEST
        : Transferred.RESPONSE;
  }

  private void succeed(Body body) {
    ended = true;
    // If the response came before the whole request was written, do not reuse the connection: the
    // server would parse the rest as the next request.
    listener.onResult(
        new Result.Answered(new Response(status, headers, body)),
        requestComplete ? Optional.of(keepAlive) : Optional.empty());
  }

  private void failTooLarge() {
    fail(
        Failure.RESPONSE_TOO_LARGE,
        "sent a response body larger than max-response-body (" + maxResponseBody + " bytes)");
  }

  private void fail(Failure failure, String message) {
    if (!ended) {
      ended = true;
      received = NO_BYTES;
      listener.onResult(new Result.Failed(failure, message), Optional.empty());
    }
  }

  private static Headers headersOf(HttpResponse response) {
    Headers.Builder builder = Headers.builder();
    for (Header header : response.getHeaders()) {
      if (!Headers.isToken(header.getName())) {
        continue; // not a valid field name (RFC 9110 section 5.1)
      }
      builder.add(header.getName(), header.getValue() == null ? "" : header.getValue());
    }
    Headers headers = builder.build();
    if (headers.valueCount() > WireLimits.OUTSIDE_HEADER_FIELDS) {
      throw new IllegalArgumentException(
          "more than " + WireLimits.OUTSIDE_HEADER_FIELDS + " header fields");
    }
    if (headers.chars() > WireLimits.OUTSIDE_HEADER_CHARS) {
      throw new IllegalArgumentException(
          "more than " + WireLimits.OUTSIDE_HEADER_CHARS + " bytes of header names and values");
    }
    return headers;
  }

  /**
   * Returns the headers with one {@code Content-Length} instead of several equal ones (RFC 9110
   * section 8.6), and with none if a transfer coding takes precedence (RFC 9112 section 6.3). The
   * lengths of a 204 have no meaning and are not checked.
   */
  private static Headers withSingleLength(Headers headers, HttpResponse response)
      throws InvalidResponseException {
    if (!headers.contains(CONTENT_LENGTH) || response.getCode() == HttpStatus.SC_NO_CONTENT) {
      return headers;
    }
    boolean coded = ResponseFraming.isCoded(response);
    Optional<String> length = coded ? Optional.empty() : ResponseFraming.contentLength(response);
    if (length.isPresent() && headers.all(CONTENT_LENGTH).equals(List.of(length.get()))) {
      return headers;
    }
    Headers without = headers.without(Set.of("content-length"));
    return length.map(digits -> without.plus(CONTENT_LENGTH, digits)).orElse(without);
  }

  /**
   * Returns the time for which the connection may be reused: one second less than the server's
   * {@code Keep-Alive}, so that the server does not close while a request is written; at most
   * {@link #maxIdle}.
   */
  private Duration keepAliveOf(Headers all) {
    for (String value : all.all("keep-alive")) {
      Matcher matcher = KEEP_ALIVE_TIMEOUT.matcher(value);
      if (matcher.find()) {
        Duration limit = Duration.ofSeconds(Long.parseLong(matcher.group(1))).minusSeconds(1);
        return limit.compareTo(maxIdle) < 0 ? limit : maxIdle;
      }
    }
    return maxIdle;
  }
}
