package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.WireLimits;
import java.io.IOException;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.nio.NHttpMessageParser;
import org.apache.hc.core5.http.nio.SessionInputBuffer;

/**
 * Parses response heads, more strictly than HttpCore's parser. All methods run on the connection's
 * I/O thread. This parser refuses:
 *
 * <ul>
 *   <li>Bytes that arrive while no request awaits a response. Some servers send a body after HEAD,
 *       204 or 304, or more than their {@code Content-Length}. HttpCore would parse these bytes as
 *       the next response, which may be another caller's (RFC 9112 section 6.3).
 *   <li>A head that is cut off by the end of the connection. HttpCore would accept it as a complete
 *       response without a body, but such a message is incomplete (RFC 9112 section 8).
 *   <li>A head that is too large. HttpCore limits the length and the number of lines, but not their
 *       product.
 * </ul>
 */
final class ResponseHeadParser implements NHttpMessageParser<HttpResponse> {

  /**
   * The relay's limit on header fields, plus room for the status line, separators and line ends.
   */
  private static final int MAX_HEAD_BYTES = WireLimits.HEADER_CHARS + (64 << 10);

  /** The beginning of a TLS alert or handshake record (RFC 8446 section 5.1). */
  private static final Pattern TLS_RECORD = Pattern.compile("[\\x15\\x16]\\x03");

  private final NHttpMessageParser<HttpResponse> parser;
  private boolean responseExpected;
  private boolean headBegun;
  private int headBytes;

  ResponseHeadParser(NHttpMessageParser<HttpResponse> parser) {
    this.parser = parser;
  }

  /** Called when a request is being written. The next head is its response. */
  void expectResponse() {
    responseExpected = true;
  }

  @Override
  public HttpResponse parse(SessionInputBuffer buffer, boolean endOfStream)
      throws IOException, HttpException {
    if (!responseExpected && buffer.hasData()) {
      throw new ProtocolException("bytes arrived while no request awaited a response");
    }
    headBegun = headBegun || buffer.hasData();
    int before = buffer.length();
    HttpResponse head = parser.parse(buffer, false);
    headBytes += before - buffer.length();
    if (head != null) {
      // The final response follows an interim one.
      responseExpected = head.getCode() < HttpStatus.SC_SUCCESS;
      headBegun = false;
      headBytes = 0;
    } else if (headBytes > MAX_HEAD_BYTES) {
      throw new MessageConstraintException("more than " + MAX_HEAD_BYTES + " bytes");
    } else if (endOfStream && headBegun) {
      requireStatusLine(buffer);
      throw new ConnectionClosedException("the header is incomplete");
    }
    return head;
  }

  /** Reports the bytes of a server that does not speak HTTP and closes within its first line. */
  private void requireStatusLine(SessionInputBuffer buffer) throws InvalidResponseException {
    if (headBytes > 0) {
      return;
    }
    StringBuilder bytes = new StringBuilder();
    while (buffer.hasData() && bytes.length() <= LogText.MAX_CHARS) {
      bytes.append((char) buffer.read());
    }
    String text = bytes.toString();
    if (TLS_RECORD.matcher(text).lookingAt()) {
      throw new InvalidResponseException(
          "it is TLS. If the server expects TLS, begin the target's url with \"https:\"."
              + " First bytes: "
              + quoted(text));
    }
    if (!text.startsWith("HTTP/") && !"HTTP/".startsWith(text)) {
      throw new InvalidResponseException(
          "its first line is not an HTTP/1 status line: " + quoted(text));
    }
  }

  @Override
  public void reset() {
    headBegun = false;
    headBytes = 0;
    parser.reset();
  }
}
