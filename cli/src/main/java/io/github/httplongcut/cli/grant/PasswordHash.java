package io.github.httplongcut.cli.grant;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.config.Secret;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * RabbitMQ's hash of a password: four random bytes, then the hash of these bytes and the password.
 *
 * @param algorithm RabbitMQ's name of the algorithm
 * @param base64 the hash; empty for a user without a password, who cannot log in with one
 */
record PasswordHash(String algorithm, String base64) {

  /** The algorithm of a RabbitMQ that is not configured otherwise. */
  static final String SHA_256 = "rabbit_password_hashing_sha256";

  private static final String SHA_512 = "rabbit_password_hashing_sha512";
  private static final int SALT_BYTES = 4;

  /** 192 bits, written as 32 characters that need no escape in a URL. */
  private static final int PASSWORD_BYTES = 24;

  private static final SecureRandom RANDOM = new SecureRandom();

  /** Returns a new random password. */
  static Secret newPassword() {
    byte[] random = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(random);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(random));
  }

  /** Hashes a password with a new salt. */
  static PasswordHash of(Secret password) {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    byte[] hash = digest("SHA-256", salt, password);
    byte[] all = Arrays.copyOf(salt, SALT_BYTES + hash.length);
    System.arraycopy(hash, 0, all, SALT_BYTES, hash.length);
    return new PasswordHash(SHA_256, Base64.getEncoder().encodeToString(all));
  }

  /** Returns whether the user has a password. */
  boolean isSet() {
    return !base64.isEmpty();
  }

  /** Returns whether this is the hash of the password; false if the algorithm is unknown. */
  boolean matches(Secret password) {
    String name =
        switch (algorithm) {
          case SHA_256 -> "SHA-256";
          case SHA_512 -> "SHA-512";
          default -> "";
        };
    byte[] all;
    try {
      all = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return false;
    }
    if (name.isEmpty() || all.length <= SALT_BYTES) {
      return false;
    }
    byte[] expected = digest(name, Arrays.copyOf(all, SALT_BYTES), password);
    return MessageDigest.isEqual(expected, Arrays.copyOfRange(all, SALT_BYTES, all.length));
  }

  private static byte[] digest(String algorithm, byte[] salt, Secret password) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(salt);
      return digest.digest(password.value().getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has " + algorithm, e);
    }
  }
}
