package io.github.httplongcut.cli.output;

import picocli.CommandLine.Help.Ansi;

/** Use of colours in the output. */
public enum Colours {
  SHOWN,
  HIDDEN;

  /**
   * Returns {@link #SHOWN} if standard output is a terminal and the environment does not forbid
   * colours, as with {@code NO_COLOR}.
   */
  public static Colours ofTerminal() {
    return Ansi.AUTO.enabled() ? SHOWN : HIDDEN;
  }
}
