package io.github.httplongcut.protocol;

import java.util.regex.Pattern;

/**
 * What may stand as a RabbitMQ user, a process's name or an upstream target (protocol section 1).
 */
public final class Names {

  /** The form in words, for error messages. */
  public static final String FORM = "1 to 64 of A-Z a-z 0-9 _ -";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private Names() {}

  /** Whether {@code text} is a name: {@value #FORM}. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
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
