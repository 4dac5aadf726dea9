package io.github.httplongcut.cli;

/** Reports to the user why a tool has failed. The tool prints the message without a stack trace. */
public final class CommandFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CommandFailedException(String message) {
    super(message);
  }

  public CommandFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
