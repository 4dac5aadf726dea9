package io.github.httplongcut.protocol;

import java.security.SecureRandom;

/**
 * Id of one run of a client agent, a broker or an upstream agent: {@code <user>.<name>-<6 random
 * base32 letters>}, new at each start (protocol section 1). Immutable. Not a record, because it
 * stores its wire form, which every event needs.
 */
public final class ProcessId {

  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int RANDOM_LETTERS = 6;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String text;
  private final String user;

  /**
   * Creates an id from its parts.
   *
   * @param user RabbitMQ user of the process, which RabbitMQ verifies
   * @param instance configured name and random letters
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

  /** Creates a new id with random letters, for a process that is starting. */
  public static ProcessId create(String user, String name) {
    StringBuilder instance = new StringBuilder(Names.require("name", name)).append('-');
    for (int i = 0; i < RANDOM_LETTERS; i++) {
      instance.append(BASE32.charAt(RANDOM.nextInt(BASE32.length())));
    }
    return new ProcessId(Names.require("user", user), instance.toString());
  }

  /** Creates another id for the same process, which has lost the queues of this id. */
  public ProcessId renewed() {
    return create(user, name());
  }

  /**
   * Parses the wire form.
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

  /** Returns the RabbitMQ user of the process, which RabbitMQ verifies. */
  public String user() {
    return user;
  }

  /** Returns the configured name. */
  public String name() {
    return text.substring(user.length() + 1, text.length() - RANDOM_LETTERS - 1);
  }

  /** Returns the configured name and the random letters. */
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

  /** Returns the wire form. */
  @Override
  public String toString() {
    return text;
  }
}
