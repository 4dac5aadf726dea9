package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Failure;
import java.util.Optional;

/**
 * State of a request that the agent has taken (docs/protocol.md section 4, "Upstream agent"). Each
 * type has only the transitions that are legal from it. Points in time are {@code nanoTime}.
 *
 * <pre>
 * NotStarted ──▶ Running ──▶ Aborting
 *     │             │           │
 *     └─────────────┼───────────┘
 *                   ▼
 *               Answering ──▶ Over
 * </pre>
 *
 * <ul>
 *   <li>A request is answered with a response or an error: its call has a result or is aborted, or
 *       the request is refused and never runs.
 *   <li>It is over when its answer is confirmed or given up.
 *   <li>It is over without an answer when its broker cancels it, or when its channel is lost before
 *       it is settled.
 * </ul>
 */
sealed interface RunState {

  /** State in which the request holds a slot of its target: no answer is published yet. */
  sealed interface Unanswered extends RunState permits NotStarted, Running, Aborting {

    /**
     * Answers the request with a response.
     *
     * @param bytes memory of the response's header fields and content
     */
    default Answering respond(long bytes, long now) {
      return new Answering(Optional.empty(), now, bytes, AnswerTries.UNTIL_CONFIRMED);
    }

    /** Answers the request with an error. */
    default Answering fail(Failure failure, AnswerTries tries, long now) {
      return new Answering(Optional.of(failure), now, 0, tries);
    }

    /** Ends the request without an answer: its broker has cancelled it. */
    default Over cancel() {
      return new Over();
    }
  }

  /** Taken. If a request of the delivery is not repeatable, the delivery is not settled yet. */
  record NotStarted() implements Unanswered {

    Running run(long timeoutAt) {
      return new Running(timeoutAt);
    }

    /** Ends the request without an answer: its channel is lost, and RabbitMQ gives it back. */
    Over forget() {
      return new Over();
    }
  }

  /**
   * The HTTP call is under way.
   *
   * @param timeoutAt the time at which the call is aborted
   */
  record Running(long timeoutAt) implements Unanswered {

    Aborting abort(AbortCause cause) {
      return new Aborting(cause);
    }
  }

  /** Reasons to abort a call and to answer its request with an error. */
  enum AbortCause {
    TIMEOUT,
    SHUTDOWN
  }

  /** The HTTP call is being aborted. The point that it has reached decides the error. */
  record Aborting(AbortCause cause) implements Unanswered {}

  /**
   * The answer is handed to the publisher, and has no outcome yet.
   *
   * @param failure the error that the request was answered with; empty for a response
   * @param since the time at which the answer was handed over
   * @param bytes memory of the answer's header fields and content
   */
  record Answering(Optional<Failure> failure, long since, long bytes, AnswerTries tries)
      implements RunState {

    /** Publishes another answer, since the first one is in doubt. */
    Answering untilConfirmed() {
      return new Answering(failure, since, bytes, AnswerTries.UNTIL_CONFIRMED);
    }

    Over end() {
      return new Over();
    }
  }

  /** Answered, cancelled or forgotten: the agent no longer holds the request. */
  record Over() implements RunState {}
}
