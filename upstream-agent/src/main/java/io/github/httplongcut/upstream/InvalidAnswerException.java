package io.github.httplongcut.upstream;

import org.apache.hc.core5.http.ParseException;

/**
 * An answer that is not HTTP/1.1, or whose end cannot be known. Its message follows "sent an answer
 * that is not valid HTTP/1.1: " and quotes the server's own text bounded and escaped.
 */
final class InvalidAnswerException extends ParseException {

  private static final long serialVersionUID = 1L;

  InvalidAnswerException(String message) {
    super(message);
  }
}
