package io.github.httplongcut.cli;

/**
 * A tool cannot do what it was asked; the message tells a person at a terminal why, and needs no
 * stack trace.
 */
public final class CommandFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CommandFailedException(String message) {
    super(message);
  }

  public CommandFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
