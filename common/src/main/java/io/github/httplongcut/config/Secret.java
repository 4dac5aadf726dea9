package io.github.httplongcut.config;

import java.util.regex.Pattern;

/** A password. Logs, errors and {@code --check-config} do not show it. */
public record Secret(String value) {

  /** Text shown in place of a secret. */
  static final String HIDDEN = "***";

  /**
   * Login of which the end, with the at sign, is missing: the URL was in a list, and the list was
   * split at a comma in the password.
   */
  private static final Pattern CUT_LOGIN =
      Pattern.compile("(://[^/?#:\\[]*:)(?!\\d{0,5}(?:[/?#]|$)).*");

  private static final Pattern PASSWORD_IN_URL = Pattern.compile("://[^:@/\\s]*:[^@\\s]+@");

  private static final Pattern LOGIN_IN_SENTENCE = Pattern.compile("://\\S*@");

  /**
   * Returns the text with the login of a URL hidden. Everything up to the last at sign is hidden,
   * because a password that is not percent-encoded may hold any character.
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

  /** Returns whether the text has a URL with a password in it. */
  public static boolean isInUrl(String text) {
    return PASSWORD_IN_URL.matcher(text).find();
  }

  /** Returns a URL or path without its query, which may hold a key. */
  public static String withoutQuery(String text) {
    int query = text.indexOf('?');
    return query < 0 ? text : text.substring(0, query);
  }

  /** Returns the sentence with the logins of quoted URLs hidden. */
  static String hiddenInSentence(String sentence) {
    return LOGIN_IN_SENTENCE.matcher(sentence).replaceAll("://" + HIDDEN + "@");
  }

  /** Hides the value. */
  @Override
  public String toString() {
    return HIDDEN;
  }
}
