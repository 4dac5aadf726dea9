package io.github.httplongcut.upstream.core;

/** Policy for publishing an answer again. */
public enum AnswerTries {
  /** Published at most once, since a second copy could make two agents run the request. */
  ONCE,
  /** Published again until RabbitMQ confirms it, or its time is up. */
  UNTIL_CONFIRMED
}
