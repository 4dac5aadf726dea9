package io.github.httplongcut.cli.doctor;

/**
 * Something that RabbitMQ allows or refuses to a user.
 *
 * @param kind the kind of permission
 * @param name an exchange or a queue; RabbitMQ's permissions do not tell them apart
 * @param routingKey the routing key for {@link Kind#WRITE_KEY} and {@link Kind#READ_KEY}, otherwise
 *     empty
 */
record AccessAttempt(Kind kind, String name, String routingKey) {

  /** Kinds of permissions. */
  enum Kind {
    /** Declare or delete a queue or an exchange. */
    CONFIGURE("configure"),
    /** Publish to an exchange, or bind a queue. */
    WRITE("write"),
    /** Consume a queue, or bind to an exchange. */
    READ("read"),
    /** Publish to a topic exchange with a routing key. */
    WRITE_KEY("publish to"),
    /** Bind to a topic exchange with a routing key. */
    READ_KEY("bind to");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** Returns whether topic permissions decide, and not permissions. */
    boolean isTopic() {
      return this == WRITE_KEY || this == READ_KEY;
    }
  }

  static AccessAttempt configure(String name) {
    return new AccessAttempt(Kind.CONFIGURE, name, "");
  }

  static AccessAttempt write(String name) {
    return new AccessAttempt(Kind.WRITE, name, "");
  }

  static AccessAttempt read(String name) {
    return new AccessAttempt(Kind.READ, name, "");
  }

  static AccessAttempt writeKey(String exchange, String routingKey) {
    return new AccessAttempt(Kind.WRITE_KEY, exchange, routingKey);
  }

  static AccessAttempt readKey(String exchange, String routingKey) {
    return new AccessAttempt(Kind.READ_KEY, exchange, routingKey);
  }

  /** Returns the attempt for which RabbitMQ asks for the same permission, and for no topic. */
  AccessAttempt permission() {
    return switch (kind) {
      case CONFIGURE, WRITE, READ -> this;
      case WRITE_KEY -> write(name);
      case READ_KEY -> read(name);
    };
  }

  /** Returns the attempt in words: {@code write client_request}. */
  @Override
  public String toString() {
    return kind.words + ' ' + name + (kind.isTopic() ? " with the key " + routingKey : "");
  }
}
