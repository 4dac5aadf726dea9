package io.github.httplongcut.upstream;

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
 * Takes an answer's head only if it was asked for, is whole and fits into the relay. All on the
 * connection's I/O thread.
 *
 * <p>Bytes that come while no request waits for an answer are a server's that sends a body after
 * HEAD, 204 or 304, or more than its {@code Content-Length}. HttpCore would keep them, and take
 * them for the beginning of the next answer, which may be another caller's (RFC 9112 section 6.3).
 * They end the connection.
 *
 * <p>HttpCore takes the end of the connection for the end of the head: of an answer that breaks off
 * within its fields, what came would be an answer without a body (RFC 9112 section 8: such a
 * message is incomplete). And it bounds lines and their number, but not a head's size, which could
 * be the product of both.
 */
final class WholeHeadParser implements NHttpMessageParser<HttpResponse> {

  /** Size of what is relayed, and room for the status line and for what separates fields. */
  private static final int MAX_HEAD_BYTES = WireLimits.HEADER_CHARS + (64 << 10);

  /** An alert or a handshake record (RFC 8446 section 5.1). */
  private static final Pattern TLS_RECORD = Pattern.compile("[\\x15\\x16]\\x03");

  private final NHttpMessageParser<HttpResponse> parser;
  private boolean awaited;
  private boolean begun;
  private int headBytes;

  WholeHeadParser(NHttpMessageParser<HttpResponse> parser) {
    this.parser = parser;
  }

  /** A request is being written: the next head answers it. */
  void awaitAnswer() {
    awaited = true;
  }

  @Override
  public HttpResponse parse(SessionInputBuffer buffer, boolean endOfStream)
      throws IOException, HttpException {
    if (!awaited && buffer.hasData()) {
      throw new ProtocolException("sent bytes that no request had asked for");
    }
    begun = begun || buffer.hasData();
    int before = buffer.length();
    HttpResponse head = parser.parse(buffer, false);
    headBytes += before - buffer.length();
    if (head != null) {
      awaited = head.getCode() < HttpStatus.SC_SUCCESS; // an interim answer: the final one follows
      begun = false;
      headBytes = 0;
    } else if (headBytes > MAX_HEAD_BYTES) {
      throw new MessageConstraintException("more than " + MAX_HEAD_BYTES + " bytes");
    } else if (endOfStream && begun) {
      requireStatusLine(buffer);
      throw new ConnectionClosedException("its header fields have no end");
    }
    return head;
  }

  /** Names the bytes of a server that does not speak HTTP and closes within its first line. */
  private void requireStatusLine(SessionInputBuffer buffer) throws InvalidAnswerException {
    if (headBytes > 0) {
      return;
    }
    StringBuilder bytes = new StringBuilder();
    while (buffer.hasData() && bytes.length() <= LogText.MAX_CHARS) {
      bytes.append((char) buffer.read());
    }
    String text = bytes.toString();
    if (TLS_RECORD.matcher(text).lookingAt()) {
      throw new InvalidAnswerException(
          "it is TLS: should the target's url begin with \"https:\"? It begins " + quoted(text));
    }
    if (!text.startsWith("HTTP/") && !"HTTP/".startsWith(text)) {
      throw new InvalidAnswerException(
          "its first line is no status line of HTTP/1: " + quoted(text));
    }
  }

  @Override
  public void reset() {
    begun = false;
    headBytes = 0;
    parser.reset();
  }
}
