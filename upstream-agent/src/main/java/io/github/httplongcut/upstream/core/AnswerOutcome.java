package io.github.httplongcut.upstream.core;

/**
 * Result of publishing an answer. It matters only for an answer of {@link AnswerTries#ONCE}: any
 * result ends a request whose answer is published until it is confirmed.
 */
public enum AnswerOutcome {
  /** RabbitMQ has the answer. */
  CONFIRMED,
  /** Nobody received the answer, and nobody will. */
  NOT_RECEIVED,
  /** Somebody may have received the answer, or may still receive it. */
  IN_DOUBT
}
