package io.github.httplongcut.amqp;

/** What became of a {@link Publication}. */
public enum Outcome {
  /** RabbitMQ has it, in at least one queue. */
  CONFIRMED,
  /** No queue was bound for it: nobody got it. */
  RETURNED,
  /** RabbitMQ refused it (a queue is full): nobody got it. */
  NACKED,
  /** Written, but the connection was lost before RabbitMQ said a word: its fate is unknown. */
  UNKNOWN,
  /** Never written: there was no connection until it was given up. */
  NO_CONNECTION,
  /** Never written: RabbitMQ takes no more (an alarm blocks the connection, or it is too slow). */
  BLOCKED
}
