package io.github.httplongcut.cli.output;

/** Exit codes of the tools. */
public enum ExitCode {
  /** All is well. */
  WELL(0),
  /** The tool has found a failure, or has failed itself. */
  FAILURE(1),
  /** The command line is invalid, or a source is missing that the command needs. */
  USAGE(2),
  /** No source knows the id of the request. */
  UNKNOWN_ID(4);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** Returns the code for the shell. */
  public int code() {
    return code;
  }
}
