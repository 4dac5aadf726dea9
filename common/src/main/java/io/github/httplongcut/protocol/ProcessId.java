package io.github.httplongcut.protocol;

import java.security.SecureRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names one run of a client agent, a broker or an upstream agent: {@code <user>.<name>-<6 random
 * base32 letters>}, new at each start (protocol section 1).
 *
 * @param user the RabbitMQ user that the process logs in as: what RabbitMQ vouches for
 * @param instance the configured name and the random letters
 */
public record ProcessId(String user, String instance) {

  private static final Pattern FORM =
      Pattern.compile("([A-Za-z0-9_-]{1,64})\\.([A-Za-z0-9_-]{1,64}-[a-z2-7]{6})");
  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int RANDOM_LETTERS = 6;
  private static final SecureRandom RANDOM = new SecureRandom();

  public ProcessId {
    if (!FORM.matcher(user + '.' + instance).matches()) {
      throw new IllegalArgumentException(
          "'" + user + '.' + instance + "' is not <user>.<name>-<6 base32 letters>");
    }
  }

  /** A new id for a process that starts now. */
  public static ProcessId create(String user, String name) {
    StringBuilder instance = new StringBuilder(Names.require("name", name)).append('-');
    for (int i = 0; i < RANDOM_LETTERS; i++) {
      instance.append(BASE32.charAt(RANDOM.nextInt(BASE32.length())));
    }
    return new ProcessId(Names.require("user", user), instance.toString());
  }

  /** Another id for the same process, which has lost what hung on this one. */
  public ProcessId renewed() {
    return create(user, instance.substring(0, instance.length() - RANDOM_LETTERS - 1));
  }

  /**
   * Reads the wire form.
   *
   * @throws IllegalArgumentException if {@code text} is not {@code <user>.<name>-<6 letters>}
   */
  public static ProcessId parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not <user>.<name>-<6 base32 letters>");
    }
    return new ProcessId(matcher.group(1), matcher.group(2));
  }

  /** The wire form. */
  @Override
  public String toString() {
    return user + '.' + instance;
  }
}
