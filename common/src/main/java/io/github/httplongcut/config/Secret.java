package io.github.httplongcut.config;

import java.util.regex.Pattern;

/** A password: no log line, error or {@code --check-config} shows it. */
public record Secret(String value) {

  /** What stands wherever a secret would. */
  static final String HIDDEN = "***";

  /** A password that a comma in it has cut off from its at sign. */
  private static final Pattern CUT_LOGIN =
      Pattern.compile("(://[^/?#:\\[]*:)(?!\\d{0,5}(?:[/?#]|$)).*");

  private static final Pattern LOGIN_IN_SENTENCE = Pattern.compile("://\\S*@");

  /**
   * Returns a text without its login if it is a URL. All up to the last at sign is hidden: the
   * password of a URL that is refused may hold any character.
   */
  public static String hiddenIn(String text) {
    int at = text.lastIndexOf('@');
    if (at < 0) {
      return CUT_LOGIN.matcher(text).replaceFirst("$1" + HIDDEN);
    }
    int scheme = text.indexOf("://");
    int start = scheme < 0 || scheme > at ? 0 : scheme + "://".length();
    return text.substring(0, start) + HIDDEN + text.substring(at);
  }

  /** Returns a sentence that may quote URLs, without their logins. */
  static String hiddenInSentence(String sentence) {
    return LOGIN_IN_SENTENCE.matcher(sentence).replaceAll("://" + HIDDEN + "@");
  }

  /** Hides the value. */
  @Override
  public String toString() {
    return HIDDEN;
  }
}
