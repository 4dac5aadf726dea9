package io.github.httplongcut.protocol;

import java.security.SecureRandom;

/**
 * Names one run of a client agent, a broker or an upstream agent: {@code <user>.<name>-<6 random
 * base32 letters>}, new at each start (protocol section 1). Immutable. No record: it stands in
 * every event, so it keeps its wire form instead of making it anew.
 */
public final class ProcessId {

  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int RANDOM_LETTERS = 6;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String text;
  private final String user;

  /**
   * An id of these parts.
   *
   * @param user the RabbitMQ user that the process logs in as: what RabbitMQ vouches for
   * @param instance the configured name and the random letters
   */
  public ProcessId(String user, String instance) {
    this(user + '.' + instance, user.length());
  }

  private ProcessId(String text, int dot) {
    if (!isId(text)) {
      throw new IllegalArgumentException("'" + text + "' is not <user>.<name>-<6 base32 letters>");
    }
    this.text = text;
    this.user = text.substring(0, dot);
  }

  private static boolean isInstance(String text, int from) {
    int dash = text.length() - RANDOM_LETTERS - 1;
    if (dash < from || text.charAt(dash) != '-' || !Names.isName(text, from, dash)) {
      return false;
    }
    for (int i = dash + 1; i < text.length(); i++) {
      if (BASE32.indexOf(text.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
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
    String name = text.substring(user.length() + 1, text.length() - RANDOM_LETTERS - 1);
    return create(user, name);
  }

  /**
   * Reads the wire form.
   *
   * @throws IllegalArgumentException if {@code text} is not {@code <user>.<name>-<6 letters>}
   */
  public static ProcessId parse(String text) {
    return new ProcessId(text, text.indexOf('.'));
  }

  /** Returns whether {@code text} is the wire form of an id. */
  public static boolean isId(String text) {
    int dot = text.indexOf('.');
    return dot > 0 && Names.isName(text, 0, dot) && isInstance(text, dot + 1);
  }

  /** The RabbitMQ user that the process logs in as: what RabbitMQ vouches for. */
  public String user() {
    return user;
  }

  /** The configured name and the random letters. */
  public String instance() {
    return text.substring(user.length() + 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProcessId id && text.equals(id.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The wire form. */
  @Override
  public String toString() {
    return text;
  }
}
