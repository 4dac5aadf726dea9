package io.github.httplongcut.cli;

import io.github.httplongcut.cli.output.ExitCode;

/** Reports to the user why a tool has failed. The tool prints the message without a stack trace. */
public final class CommandFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  public CommandFailedException(String message) {
    this(ExitCode.FAILURE, message, null);
  }

  public CommandFailedException(String message, Throwable cause) {
    this(ExitCode.FAILURE, message, cause);
  }

  private CommandFailedException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Creates the exception for an invalid or missing option. */
  public static CommandFailedException usage(String message) {
    return new CommandFailedException(ExitCode.USAGE, message, null);
  }

  /** Returns the exit code of the tool. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
