package io.github.httplongcut.protocol;

/**
 * Number of JSON names in a message, up to {@link WireLimits#NAMES}. To read a name that no other
 * message has takes as long as many other bytes.
 */
final class NameCount {

  private int names;

  /**
   * Counts a name.
   *
   * @throws IllegalArgumentException if the message has too many
   */
  void add() {
    names++;
    if (names > WireLimits.NAMES) {
      throw new IllegalArgumentException("more than " + WireLimits.NAMES + " JSON names");
    }
  }
}
