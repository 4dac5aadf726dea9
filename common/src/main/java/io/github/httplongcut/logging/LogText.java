package io.github.httplongcut.logging;

/**
 * Escapes untrusted text for log lines. All text from RabbitMQ, other processes, callers and
 * upstream servers must pass through this class before it is logged.
 */
public final class LogText {

  /** Maximum number of characters shown. */
  public static final int MAX_CHARS = 200;

  /** Marks a truncated text. Follows the closing quote, so that no text can imitate it. */
  private static final char ELLIPSIS = '…';

  private LogText() {}

  /**
   * Returns the text on one line in double quotes. Example: {@code log.warn("why={}",
   * quoted(text))} logs {@code why="no route to \"shop\""}.
   *
   * <ul>
   *   <li>Quotes and backslashes are escaped with a backslash.
   *   <li>Line breaks and tabs become {@code \n}, {@code \r} and {@code \t}.
   *   <li>Other characters that a terminal or an editor does not display become {@code \}{@code
   *       uXXXX}: control characters including ESC, line separators, bidi controls and other format
   *       characters, unpaired surrogates, private-use and unassigned code points.
   *   <li>The text is truncated after {@value #MAX_CHARS} characters; {@code …} then follows the
   *       closing quote.
   * </ul>
   *
   * @param text may be null, which becomes {@code null} without quotes
   */
  public static String quoted(String text) {
    if (text == null) {
      return "null";
    }
    int end = end(text, MAX_CHARS);
    StringBuilder quoted = new StringBuilder(end + 8).append('"');
    int at = 0;
    while (at < end) {
      int codePoint = text.codePointAt(at);
      append(quoted, codePoint);
      at += Character.charCount(codePoint);
    }
    quoted.append('"');
    return end == text.length() ? quoted.toString() : quoted.append(ELLIPSIS).toString();
  }

  /**
   * Returns the text on one line without quotes, for sentences that others read. Line breaks, tabs
   * and characters that a terminal or an editor does not display become spaces. A text of more than
   * {@code maxChars} characters is truncated, and ends with {@code …}.
   */
  public static String plain(String text, int maxChars) {
    int end = text.length() <= maxChars ? text.length() : end(text, maxChars - 1);
    StringBuilder plain = new StringBuilder(end + 1);
    int at = 0;
    while (at < end) {
      int codePoint = text.codePointAt(at);
      plain.appendCodePoint(isDisplayable(codePoint) ? codePoint : ' ');
      at += Character.charCount(codePoint);
    }
    String line = plain.toString().strip();
    return end == text.length() ? line : line + ELLIPSIS;
  }

  /** Returns the end index of the shown part, which does not split a surrogate pair. */
  private static int end(String text, int maxChars) {
    if (text.length() <= maxChars) {
      return text.length();
    }
    boolean splitsPair =
        Character.isSurrogatePair(text.charAt(maxChars - 1), text.charAt(maxChars));
    return splitsPair ? maxChars - 1 : maxChars;
  }

  private static void append(StringBuilder quoted, int codePoint) {
    switch (codePoint) {
      case '"', '\\' -> quoted.append('\\').append((char) codePoint);
      case '\n' -> quoted.append("\\n");
      case '\r' -> quoted.append("\\r");
      case '\t' -> quoted.append("\\t");
      default -> {
        if (isDisplayable(codePoint)) {
          quoted.appendCodePoint(codePoint);
        } else {
          for (char unit : Character.toChars(codePoint)) {
            quoted.append(String.format("\\u%04x", (int) unit));
          }
        }
      }
    }
  }

  private static boolean isDisplayable(int codePoint) {
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
