package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.upstream.http.HttpExchange.Transferred;
import java.net.SocketException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.TruncatedChunkException;

/**
 * Describes responses that are incomplete or not valid HTTP/1.1, for the operator of the upstream
 * server. Text that the server sent is quoted, escaped and cut.
 */
final class ResponseFault {

  private ResponseFault() {}

  /**
   * Describes a failed exchange.
   *
   * @return a text that begins with a verb; the caller puts the server's host and port before it
   */
  static String describe(Exception cause, Transferred transferred) {
    if (cause instanceof MessageConstraintException) {
      return "sent a response that cannot be relayed: its header fields are too large ("
          + cause.getMessage()
          + ')';
    }
    if (cause instanceof InvalidResponseException) {
      return "sent a response that is not valid HTTP/1.1: " + cause.getMessage();
    }
    if (cause instanceof MalformedChunkCodingException
        && !(cause instanceof TruncatedChunkException)
        && !isPremature(cause)) {
      return "sent a response that is not valid HTTP/1.1: its chunked encoding is malformed: "
          + quoted(cause.getMessage());
    }
    if (cause instanceof HttpException) {
      return "sent a response that is not valid HTTP/1.1" + detail(cause);
    }
    String how = isReset(cause) ? "reset the connection" : "closed the connection";
    return switch (transferred) {
      case NOTHING, REQUEST -> how + " before it sent a response";
      case RESPONSE -> how + " in the middle of its response" + detail(cause);
    };
  }

  /** Returns whether the connection ended with a TCP error (such as RST), not with a FIN. */
  static boolean isReset(Exception cause) {
    String message = cause.getMessage();
    return cause instanceof SocketException
        || (message != null
            && (message.startsWith("Connection reset") || message.equals("Broken pipe")));
  }

  /**
   * Returns whether the connection ended before the last chunk. HttpCore uses one exception class
   * for this case and for malformed chunks.
   */
  private static boolean isPremature(Exception cause) {
    return cause.getMessage() != null && cause.getMessage().startsWith("Premature end");
  }

  private static String detail(Exception cause) {
    return cause.getMessage() == null || isReset(cause) ? "" : ": " + quoted(cause.getMessage());
  }
}
