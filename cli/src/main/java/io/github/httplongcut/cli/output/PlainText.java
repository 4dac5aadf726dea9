package io.github.httplongcut.cli.output;

import io.github.httplongcut.logging.LogText;

/** Cleans and cuts text from other processes, which must not control the terminal. */
public final class PlainText {

  /** Maximum number of characters of a reason. */
  public static final int MAX_CHARS = 300;

  private PlainText() {}

  /** Returns the text on one line, cut after {@value #MAX_CHARS} characters. */
  public static String of(String text) {
    return of(text, MAX_CHARS);
  }

  /**
   * Returns the text on one line, with spaces for the characters that a terminal does not display.
   *
   * @param text may be null, which becomes the empty string
   * @param maxChars longest result; the last character of a cut text is {@code …}
   */
  public static String of(String text, int maxChars) {
    return text == null ? "" : LogText.plain(text, maxChars);
  }
}
