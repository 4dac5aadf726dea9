package io.github.httplongcut.admin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Token of the admin port. Holds only its digest, so no heap dump shows the token. */
final class AdminToken {

  private final byte[] digest;

  AdminToken(String token) {
    digest = digest(token);
  }

  /**
   * Returns whether this is the token, in a time that does not depend on where the two differ.
   *
   * @param given text of any length, from anybody
   */
  boolean is(String given) {
    return MessageDigest.isEqual(digest, digest(given));
  }

  boolean isSameAs(AdminToken other) {
    return MessageDigest.isEqual(digest, other.digest);
  }

  /** Returns the SHA-256 of a text in UTF-8. */
  static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has SHA-256
    }
  }
}
