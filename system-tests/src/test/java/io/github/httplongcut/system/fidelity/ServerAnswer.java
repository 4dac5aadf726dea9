package io.github.httplongcut.system.fidelity;

/**
 * A response of the upstream server, and its action afterwards.
 *
 * @param bytes the bytes to write; every char is a byte
 */
record ServerAnswer(String bytes, Then then) {

  /** The action after the last byte. */
  enum Then {
    /** Waits for the next request. */
    KEEP_ALIVE,
    /** Closes the connection without a reset. */
    CLOSE,
    /** Resets the connection. */
    RESET,
    /** Sends no more and keeps the connection open. */
    SILENCE
  }

  /** A 200 with a small body. */
  static final ServerAnswer OK = of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

  static ServerAnswer of(String bytes) {
    return new ServerAnswer(bytes, Then.KEEP_ALIVE);
  }

  ServerAnswer then(Then next) {
    return new ServerAnswer(bytes, next);
  }
}
