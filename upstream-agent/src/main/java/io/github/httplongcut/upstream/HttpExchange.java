package io.github.httplongcut.upstream;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.upstream.HttpCaller.Result;
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
 * One request and its answer on one connection: writes the request, collects the answer up to the
 * target's limit, and says how it ended, once. All on the connection's I/O thread.
 */
final class HttpExchange implements AsyncClientExchangeHandler {

  /** Who waits for the end; called once, on the I/O thread. */
  interface Listener {

    /**
     * A complete answer, or one that is refused.
     *
     * @param keepAlive for how long the connection may be used again; empty: not at all
     */
    void onResult(Result result, Optional<Duration> keepAlive);

    /**
     * The connection broke.
     *
     * @param seen what the server can have seen and has said
     */
    void onBroken(Exception cause, Seen seen);
  }

  /** What had passed over the connection when it broke. */
  enum Seen {
    /** Not one byte of the request had been written. */
    NOTHING,
    /** The request was written, at least in part; not one byte of an answer came. */
    REQUEST,
    /** The answer had begun. */
    ANSWER
  }

  private static final Pattern KEEP_ALIVE_TIMEOUT =
      Pattern.compile("(?:^|[,\\s])timeout=(\\d{1,6})", Pattern.CASE_INSENSITIVE);

  private static final String CONTENT_LENGTH = "Content-Length";

  private static final byte[] NO_BYTES = {};

  /**
   * Bytes of content that any server reads before it refuses a request. One that refuses more may
   * have read none of it and be about to close, whatever its answer says: a connection that is used
   * again would break the next request.
   */
  private static final int READ_AT_ONCE = 16 * 1024;

  /** Bytes taken for content at first; more as it comes, whatever was announced. */
  private static final int LEAST_BUFFER = 4096;

  private final HttpRequest request;
  private final Optional<ByteBuffer> content;
  private final int contentLength;
  private final long maxResponseBody;
  private final Duration maxIdle;
  private final Listener listener;

  private EndpointDetails connection;
  private long receivedBefore;
  private boolean requestComplete;
  private boolean ended;
  private int status;
  private Headers headers;
  private Duration keepAlive;
  private long announced;
  private boolean endsWithConnection;
  private byte[] received = NO_BYTES;
  private int length;

  /**
   * @param request with every field that the server is to get
   * @param body its content; absent and empty need no bytes, only the right fields
   * @param maxResponseBody bytes
   * @param maxIdle how long a connection is kept at most
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

  /** Interim answers are not passed on (RFC 9110 section 15.2): the caller has not asked. */
  @Override
  public void consumeInformation(HttpResponse response, HttpContext context) {
    if (response.getCode() == 101) {
      fail(Failure.UPSTREAM_PROTOCOL_ERROR, "switched protocols, which nobody had asked for");
    }
  }

  @Override
  public void consumeResponse(HttpResponse response, EntityDetails details, HttpContext context)
      throws InvalidAnswerException {
    try {
      status = response.getCode();
      Headers all = headersOf(response);
      boolean last =
          ConnectionLogin.isPartOf(request, response)
              || AnswerFraming.isDoubtful(response)
              || (isRefusal() && contentLength > READ_AT_ONCE);
      keepAlive = last ? Duration.ZERO : keepAliveOf(all);
      headers = withOneLength(HeaderRules.endToEnd(all), response);
    } catch (IllegalArgumentException e) {
      fail(
          Failure.UPSTREAM_PROTOCOL_ERROR,
          "sent an answer that cannot be relayed: " + e.getMessage());
      return;
    }
    if (details == null) {
      answer(Body.ABSENT);
      return;
    }
    Optional<String> endless = EndlessContent.typeOf(details);
    if (endless.isPresent()) {
      fail(
          Failure.NOT_IMPLEMENTED,
          "answered with a stream that does not end, which cannot be relayed: " + endless.get());
      return;
    }
    announced = details.getContentLength();
    endsWithConnection = announced == ContentLengthStrategy.UNDEFINED;
    if (announced > maxResponseBody) {
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
      long most = announced > 0 ? announced : maxResponseBody;
      long doubled = Math.min(Math.max(2L * received.length, LEAST_BUFFER), most);
      received = Arrays.copyOf(received, (int) Math.max(doubled, length + more));
    }
    bytes.get(received, length, more);
    length += more;
  }

  /** Trailers are dropped, as any recipient may (RFC 9110 section 6.5.1). */
  @Override
  public void streamEnd(List<? extends Header> trailers) {
    if (!ended) {
      answer(receivedBody());
    }
  }

  private Body receivedBody() {
    return Body.of(length == received.length ? received : Arrays.copyOf(received, length));
  }

  /**
   * True if the server refuses a request with content. If it has not read all of that, TCP ends the
   * connection with a reset, though the answer is whole (RFC 9112 section 9.6).
   */
  private boolean isRefusal() {
    return contentLength > 0 && status >= HttpStatus.SC_CLIENT_ERROR;
  }

  @Override
  public void failed(Exception cause) {
    if (!ended && endsWithConnection && isRefusal() && AnswerFault.isReset(cause)) {
      answer(receivedBody());
    } else if (!ended) {
      ended = true;
      listener.onBroken(cause, seen());
    }
  }

  /** The connection was closed before this exchange had its turn on it. */
  @Override
  public void cancel() {
    failed(new IOException("the connection was closed"));
  }

  @Override
  public void releaseResources() {
    received = NO_BYTES;
  }

  private Seen seen() {
    if (connection == null) {
      return Seen.NOTHING;
    }
    return connection.getReceivedBytesCount() == receivedBefore ? Seen.REQUEST : Seen.ANSWER;
  }

  private void answer(Body body) {
    ended = true;
    // An answer before the end of the request: what is left of that would be taken for the next.
    listener.onResult(
        new Result.Answered(new Response(status, headers, body)),
        requestComplete ? Optional.of(keepAlive) : Optional.empty());
  }

  private void failTooLarge() {
    fail(
        Failure.RESPONSE_TOO_LARGE,
        "sent an answer with more than max-response-body, " + maxResponseBody + " bytes");
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
        continue; // no recipient may rely on it (RFC 9110 section 5.1)
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
   * The same with equal lengths as one (RFC 9110 section 8.6), and without any where a coding
   * counts instead (RFC 9112 section 6.3). A 204 has none that counts.
   */
  private static Headers withOneLength(Headers headers, HttpResponse response)
      throws InvalidAnswerException {
    if (!headers.contains(CONTENT_LENGTH) || response.getCode() == HttpStatus.SC_NO_CONTENT) {
      return headers;
    }
    boolean coded = AnswerFraming.isCoded(response);
    Optional<String> length = coded ? Optional.empty() : AnswerFraming.contentLength(response);
    if (length.isPresent() && headers.all(CONTENT_LENGTH).equals(List.of(length.get()))) {
      return headers;
    }
    Headers without = headers.without(Set.of("content-length"));
    return length.map(digits -> without.plus(CONTENT_LENGTH, digits)).orElse(without);
  }

  /** A second less than the server says, so that it does not close just as we write. */
  private Duration keepAliveOf(Headers all) {
    for (String value : all.all("keep-alive")) {
      Matcher matcher = KEEP_ALIVE_TIMEOUT.matcher(value);
      if (matcher.find()) {
        Duration said = Duration.ofSeconds(Long.parseLong(matcher.group(1))).minusSeconds(1);
        return said.compareTo(maxIdle) < 0 ? said : maxIdle;
      }
    }
    return maxIdle;
  }
}
