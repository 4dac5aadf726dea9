package io.github.httplongcut.system.fidelity;

/**
 * What the upstream server says to a request, and what it does then.
 *
 * @param bytes as they are written; every char is a byte
 */
record ServerAnswer(String bytes, Then then) {

  /** After the last byte. */
  enum Then {
    /** Waits for the next request. */
    KEEP_ALIVE,
    /** Closes in good order. */
    CLOSE,
    /** Resets the connection. */
    RESET,
    /** Says nothing more and does not close. */
    SILENCE
  }

  /** A small 200. */
  static final ServerAnswer OK = of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

  static ServerAnswer of(String bytes) {
    return new ServerAnswer(bytes, Then.KEEP_ALIVE);
  }

  ServerAnswer then(Then next) {
    return new ServerAnswer(bytes, next);
  }
}
