package io.github.httplongcut.upstream.http;

import org.apache.hc.core5.http.ParseException;

/**
 * A response that is not HTTP/1.1, or whose end cannot be determined. The message follows "sent a
 * response that is not valid HTTP/1.1: ". Text of the server in it is quoted, escaped and cut.
 */
final class InvalidResponseException extends ParseException {

  private static final long serialVersionUID = 1L;

  InvalidResponseException(String message) {
    super(message);
  }
}
