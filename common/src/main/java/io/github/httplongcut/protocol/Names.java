package io.github.httplongcut.protocol;

/**
 * What may stand as a RabbitMQ user, a process's name or an upstream target (protocol section 1).
 */
public final class Names {

  /** The form in words, for error messages. */
  public static final String FORM = "1 to 64 of A-Z a-z 0-9 _ -";

  /** Characters that no id, name, code or version has more of. */
  static final int ID_CHARS = 256;

  private static final int LONGEST = 64;

  private Names() {}

  /** Whether {@code text} is a name: {@value #FORM}. */
  public static boolean isName(String text) {
    return isName(text, 0, text.length());
  }

  /** Whether that part of {@code text} is a name. */
  static boolean isName(String text, int from, int to) {
    if (to <= from || to - from > LONGEST) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (!isNameCharacter(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  /**
   * Returns {@code text} if it is a name.
   *
   * @param what what it names, for the message
   * @throws IllegalArgumentException if it is none
   */
  public static String require(String what, String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(what + " '" + text + "' is not " + FORM);
    }
    return text;
  }
}
