package io.github.httplongcut.upstream;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.upstream.HttpExchange.Seen;
import java.net.SocketException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.TruncatedChunkException;

/**
 * Words for an answer that did not come whole or is no HTTP/1.1, for the operator of the server.
 * Text of the server is quoted, bounded and escaped.
 */
final class AnswerFault {

  private AnswerFault() {}

  /**
   * Describes a failed exchange.
   *
   * @return words that follow the server's host and port
   */
  static String describe(Exception cause, Seen seen) {
    if (cause instanceof MessageConstraintException) {
      return "sent an answer that cannot be relayed: its header fields are too large ("
          + cause.getMessage()
          + ')';
    }
    if (cause instanceof InvalidAnswerException) {
      return "sent an answer that is not valid HTTP/1.1: " + cause.getMessage();
    }
    if (cause instanceof MalformedChunkCodingException
        && !(cause instanceof TruncatedChunkException)
        && !isPremature(cause)) {
      return "sent an answer that is not valid HTTP/1.1: its chunks are malformed: "
          + quoted(cause.getMessage());
    }
    if (cause instanceof HttpException) {
      return "did not answer in HTTP/1.1" + detail(cause);
    }
    String how = isReset(cause) ? "reset the connection" : "closed the connection";
    return switch (seen) {
      case NOTHING, REQUEST -> how + " before it answered";
      case ANSWER -> how + " in the middle of its answer" + detail(cause);
    };
  }

  /** Returns whether the connection ended by an error of TCP instead of in good order. */
  static boolean isReset(Exception cause) {
    String message = cause.getMessage();
    return cause instanceof SocketException
        || (message != null
            && (message.startsWith("Connection reset") || message.equals("Broken pipe")));
  }

  /** HttpCore has one class for chunks that are wrong and for an end without the last chunk. */
  private static boolean isPremature(Exception cause) {
    return cause.getMessage() != null && cause.getMessage().startsWith("Premature end");
  }

  private static String detail(Exception cause) {
    return cause.getMessage() == null || isReset(cause) ? "" : ": " + quoted(cause.getMessage());
  }
}
