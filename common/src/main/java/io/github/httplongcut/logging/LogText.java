package io.github.httplongcut.logging;

/**
 * Makes text from outside safe to log: the only way in which text of RabbitMQ, of other processes,
 * of callers or of upstream servers gets into a log line.
 */
public final class LogText {

  /** Characters of the text that are shown. */
  public static final int MAX_CHARS = 200;

  /** Stands behind the closing quote of a text that was cut, where no text can fake it. */
  private static final char CUT = '…';

  private LogText() {}

  /**
   * The text in double quotes, on one line: {@code why="no route to \"shop\""} is logged by {@code
   * log.warn("why={}", quoted(text))}.
   *
   * <ul>
   *   <li>Quotes and backslashes get a backslash.
   *   <li>Line breaks and tabs become {@code \n}, {@code \r} and {@code \t}.
   *   <li>Whatever else a terminal or an editor does not show as itself becomes {@code \}{@code
   *       uXXXX}: control characters, among them the start of terminal escapes, line separators,
   *       bidi controls and other format characters, unpaired surrogates, and code points without a
   *       meaning.
   *   <li>Behind {@value #MAX_CHARS} characters the text is cut, and {@code …} follows the closing
   *       quote.
   * </ul>
   *
   * @param text may be null, which becomes {@code null} without quotes
   */
  public static String quoted(String text) {
    if (text == null) {
      return "null";
    }
    int end = end(text);
    StringBuilder quoted = new StringBuilder(end + 8).append('"');
    int at = 0;
    while (at < end) {
      int codePoint = text.codePointAt(at);
      append(quoted, codePoint);
      at += Character.charCount(codePoint);
    }
    quoted.append('"');
    return end == text.length() ? quoted.toString() : quoted.append(CUT).toString();
  }

  /** Returns the end of the shown part: a surrogate pair is shown as a whole or not at all. */
  private static int end(String text) {
    if (text.length() <= MAX_CHARS) {
      return text.length();
    }
    boolean splitsPair =
        Character.isSurrogatePair(text.charAt(MAX_CHARS - 1), text.charAt(MAX_CHARS));
    return splitsPair ? MAX_CHARS - 1 : MAX_CHARS;
  }

  private static void append(StringBuilder quoted, int codePoint) {
    switch (codePoint) {
      case '"', '\\' -> quoted.append('\\').append((char) codePoint);
      case '\n' -> quoted.append("\\n");
      case '\r' -> quoted.append("\\r");
      case '\t' -> quoted.append("\\t");
      default -> {
        if (isShownAsItself(codePoint)) {
          quoted.appendCodePoint(codePoint);
        } else {
          for (char unit : Character.toChars(codePoint)) {
            quoted.append(String.format("\\u%04x", (int) unit));
          }
        }
      }
    }
  }

  private static boolean isShownAsItself(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
