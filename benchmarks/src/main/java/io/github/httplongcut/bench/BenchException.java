package io.github.httplongcut.bench;

/** Ends a run that cannot continue. The message is for the person at the terminal. */
final class BenchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BenchException(String message) {
    super(message);
  }

  BenchException(String message, Throwable cause) {
    super(message, cause);
  }
}
