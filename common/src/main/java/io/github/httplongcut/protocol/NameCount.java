package io.github.httplongcut.protocol;

/**
 * Number of JSON names in a message and of their characters, up to {@link WireLimits#NAMES} and
 * {@link WireLimits#NAME_CHARS}. To read a name that no other message has takes as long as to read
 * many other bytes.
 */
final class NameCount {

  private int names;
  private int chars;

  /**
   * Counts a name.
   *
   * @throws IllegalArgumentException if the message has too many names or characters of names
   */
  void add(String name) {
    names++;
    chars += name.length();
    if (names > WireLimits.NAMES) {
      throw new IllegalArgumentException("more than " + WireLimits.NAMES + " JSON names");
    }
    if (chars > WireLimits.NAME_CHARS) {
      throw new IllegalArgumentException(
          "JSON names of more than " + WireLimits.NAME_CHARS + " characters");
    }
  }

  /** Returns the number of characters of all names. */
  int chars() {
    return chars;
  }
}
