package io.github.httplongcut.broker.inspect;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Names of headers, parameters and members whose values are secrets. Names are compared without
 * case and without characters that are no letters and no digits: {@code X-Api-Key}, {@code api_key}
 * and {@code apiKey} are alike. Immutable.
 */
final class SensitiveNames {

  /** A name that contains one of these is sensitive. */
  private static final List<String> PARTS =
      List.of(
          "token",
          "secret",
          "password",
          "passwd",
          "passphrase",
          "apikey",
          "accesskey",
          "privatekey",
          "subscriptionkey",
          "assertion",
          "samlresponse",
          "session",
          "authorization",
          "cookie",
          "credential",
          "signature");

  /** A name that equals one of these is sensitive. */
  private static final Set<String> WHOLE =
      Set.of("auth", "xauth", "pass", "pwd", "pin", "otp", "jwt", "sid", "sig");

  private final Set<String> further;

  /**
   * @param further names that are sensitive, too
   */
  SensitiveNames(Collection<String> further) {
    this.further =
        further.stream().map(SensitiveNames::normalized).collect(Collectors.toUnmodifiableSet());
  }

  boolean contains(String name) {
    String normalized = normalized(name);
    return WHOLE.contains(normalized)
        || further.contains(normalized)
        || PARTS.stream().anyMatch(normalized::contains);
  }

  private static String normalized(String name) {
    StringBuilder letters = new StringBuilder(name.length());
    name.toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(Character::isLetterOrDigit)
        .forEach(letters::appendCodePoint);
    return letters.toString();
  }
}
