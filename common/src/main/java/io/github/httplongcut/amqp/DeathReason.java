package io.github.httplongcut.amqp;

/** Reason for which RabbitMQ dead-lettered a message, in its header {@code x-death}. */
enum DeathReason {
  EXPIRED,
  REJECTED,
  MAXLEN,
  DELIVERY_LIMIT,
  /** A reason that this version does not know, or none. */
  OTHER;

  /** Returns the constant of RabbitMQ's name for the reason. */
  static DeathReason of(String name) {
    return switch (name) {
      case "expired" -> EXPIRED;
      case "rejected" -> REJECTED;
      case "maxlen" -> MAXLEN;
      case "delivery_limit" -> DELIVERY_LIMIT;
      default -> OTHER;
    };
  }
}
