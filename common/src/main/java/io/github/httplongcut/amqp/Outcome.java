package io.github.httplongcut.amqp;

/** What became of a {@link Publication}. */
public enum Outcome {
  /** RabbitMQ has it, in at least one queue. */
  CONFIRMED,
  /** No queue was bound for it: nobody got it. */
  RETURNED,
  /** RabbitMQ refused it (a queue is full): nobody got it. */
  NACKED,
  /** RabbitMQ's permissions do not allow it, or it is too long: nobody got it. */
  REFUSED,
  /** Written, but the connection, or an inbox, said no word of it in time: its fate is unknown. */
  UNKNOWN,
  /** Never written: that tenant's inboxes confirm nothing, and RabbitMQ holds enough for them. */
  INBOX_BUSY,
  /**
   * Given up while there was no connection. What is tried {@link Publication.Tries#ONCE} was never
   * written; anything else may have been, on a connection that was lost.
   */
  NO_CONNECTION,
  /**
   * Given up because RabbitMQ takes no more: an alarm blocks the connection, or it is too slow. Of
   * what was written the same as of {@link #NO_CONNECTION}.
   */
  BLOCKED
}
