package io.github.httplongcut.cli.output;

/** Colour of a line. The tools use colour only in addition to text, never instead of it. */
public enum Paint {
  PLAIN(""),
  GOOD("\033[32m"),
  WARNING("\033[33m"),
  BAD("\033[31m"),
  HEADING("\033[1m");

  private static final String RESET = "\033[0m";

  private final String start;

  Paint(String start) {
    this.start = start;
  }

  /** Returns the text in this colour, if colours are shown. */
  public String on(String text, Colours colours) {
    return this == PLAIN || colours == Colours.HIDDEN ? text : start + text + RESET;
  }
}
