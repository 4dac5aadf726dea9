package io.github.httplongcut.session;

/** Final result of publishing a {@link Publication}. */
public enum Outcome {
  /** RabbitMQ confirmed the message and put it into at least one queue. */
  CONFIRMED,
  /** RabbitMQ returned the message because no queue was bound for it. Nobody received it. */
  RETURNED,
  /** RabbitMQ nacked the message, for example because the queue is full. */
  NACKED,
  /** RabbitMQ's permissions forbid the message, or it is too long. Nobody received it. */
  REFUSED,
  /**
   * Written but never confirmed: the connection was lost, or a tenant's inbox did not confirm in
   * time. A queue may or may not hold the message.
   */
  UNKNOWN,
  /**
   * Given up because too many messages for the tenant's inboxes are unconfirmed, or because
   * RabbitMQ closed the tenant's channel. May have been written before, as with {@link
   * #NO_CONNECTION}.
   */
  INBOX_BUSY,
  /**
   * Given up while there was no connection. A publication with {@link Publication.Tries#ONCE} was
   * never written. Any other may have been written on a connection that was lost.
   */
  NO_CONNECTION,
  /**
   * Given up because RabbitMQ accepts no more messages: an alarm blocks the connection, or RabbitMQ
   * is too slow. May have been written before, as with {@link #NO_CONNECTION}.
   */
  BLOCKED
}
