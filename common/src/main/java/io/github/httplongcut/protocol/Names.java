package io.github.httplongcut.protocol;

/** Syntax of the names of RabbitMQ users, processes and upstream targets (protocol section 1). */
public final class Names {

  /** Description of the syntax, for error messages. */
  public static final String FORM = "1 to 64 of A-Z a-z 0-9 _ -";

  /** Maximum length of an id, name, code or version in events, in characters. */
  static final int ID_CHARS = 256;

  /** Maximum length of a name, in characters. */
  public static final int MAX_CHARS = 64;

  private Names() {}

  /** Returns whether {@code text} is a name: {@value #FORM}. */
  public static boolean isName(String text) {
    return isName(text, 0, text.length());
  }

  /** Returns whether the given range of {@code text} is a name. */
  static boolean isName(String text, int from, int to) {
    if (to <= from || to - from > MAX_CHARS) {
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
   * Returns {@code text} if it is a valid name.
   *
   * @param what kind of the name, for the error message
   * @throws IllegalArgumentException if {@code text} is not a valid name
   */
  public static String require(String what, String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(what + " '" + text + "' is not " + FORM);
    }
    return text;
  }
}
