package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.WireLimits;
import java.io.IOException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.nio.NHttpMessageParser;
import org.apache.hc.core5.http.nio.SessionInputBuffer;

/**
 * Takes an answer's head only if it is whole and fits into the relay. HttpCore takes the end of the
 * connection for the end of the head: of an answer that breaks off within its fields, what came
 * would be an answer without a body (RFC 9112 section 8: such a message is incomplete). And it
 * bounds lines and their number, but not a head's size, which could be the product of both.
 */
final class WholeHeadParser implements NHttpMessageParser<HttpResponse> {

  /** Size of what is relayed, and room for the status line and for what separates fields. */
  private static final int MAX_HEAD_BYTES = WireLimits.HEADER_CHARS + (64 << 10);

  private final NHttpMessageParser<HttpResponse> parser;
  private boolean begun;
  private int headBytes;

  WholeHeadParser(NHttpMessageParser<HttpResponse> parser) {
    this.parser = parser;
  }

  @Override
  public HttpResponse parse(SessionInputBuffer buffer, boolean endOfStream)
      throws IOException, HttpException {
    begun = begun || buffer.hasData();
    int before = buffer.length();
    HttpResponse head = parser.parse(buffer, false);
    headBytes += before - buffer.length();
    if (head != null) {
      begun = false;
      headBytes = 0;
    } else if (headBytes > MAX_HEAD_BYTES) {
      throw new MessageConstraintException("more than " + MAX_HEAD_BYTES + " bytes");
    } else if (endOfStream && begun) {
      throw new ConnectionClosedException("its header fields have no end");
    }
    return head;
  }

  @Override
  public void reset() {
    begun = false;
    headBytes = 0;
    parser.reset();
  }
}
