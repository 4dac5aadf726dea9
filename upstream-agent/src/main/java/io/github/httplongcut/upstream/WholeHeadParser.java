package io.github.httplongcut.upstream;

import java.io.IOException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.NHttpMessageParser;
import org.apache.hc.core5.http.nio.SessionInputBuffer;

/**
 * Takes an answer's head only if it is whole. HttpCore takes the end of the connection for the end
 * of the head: of an answer that breaks off within its fields, what came would be an answer without
 * a body (RFC 9112 section 8: such a message is incomplete).
 */
final class WholeHeadParser implements NHttpMessageParser<HttpResponse> {

  private final NHttpMessageParser<HttpResponse> parser;
  private boolean begun;

  WholeHeadParser(NHttpMessageParser<HttpResponse> parser) {
    this.parser = parser;
  }

  @Override
  public HttpResponse parse(SessionInputBuffer buffer, boolean endOfStream)
      throws IOException, HttpException {
    begun = begun || buffer.hasData();
    HttpResponse head = parser.parse(buffer, false);
    if (head != null) {
      begun = false;
    } else if (endOfStream && begun) {
      throw new ConnectionClosedException("its header fields have no end");
    }
    return head;
  }

  @Override
  public void reset() {
    begun = false;
    parser.reset();
  }
}
