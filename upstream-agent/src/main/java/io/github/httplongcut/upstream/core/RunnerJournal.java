package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Failure;
import java.util.Optional;

/**
 * Receives the runner's actions, for the log and the metrics. The runner calls it; it must not call
 * the runner.
 */
public interface RunnerJournal {

  /** Records that a request was taken. */
  void taken(TakenRequest request);

  /**
   * Records that a request starts to run.
   *
   * @param ttl milliseconds after which its call times out
   */
  void started(TakenRequest request, long ttl, long now);

  /** Records that a request is answered with a response. */
  void responded(TakenRequest request, int statusCode);

  /** Records that a request is answered with an error. */
  void failed(TakenRequest request, Failure failure, String message);

  /** Records that an answer is not published, since no time is left. */
  void tooLate(TakenRequest request);

  /**
   * Records that the answer of a request has its outcome.
   *
   * @param nanos time since the answer was handed to the publisher
   */
  void answerDone(TakenRequest request, AnswerOutcome outcome, long nanos);

  /**
   * Records that an answered request is over: the answer is confirmed, given up or too late.
   *
   * @param failure the error that the request was answered with; empty for a response
   */
  void ended(TakenRequest request, Optional<Failure> failure, long now);

  /** Records that a request ends without an answer, since its broker has cancelled it. */
  void cancelled(TakenRequest request, long now);

  /** Records that a request ends without an answer, since RabbitMQ gives it back. */
  void forgotten(TakenRequest request);

  /**
   * Records that a message was rejected.
   *
   * @param requests number of requests in the message
   * @param state state of the target
   */
  void rejected(Target target, int requests, AgentState state);

  /**
   * Records the current slots of a target.
   *
   * @param inFlight number of the target's requests that are taken and not answered
   * @param free number of requests that may be taken now
   */
  void slots(Target target, int inFlight, int free);

  /** Records that a target is withdrawn, since its health check fails. */
  void withdrawn(Target target);

  /** Records that a target is offered again, since its health check passes. */
  void offered(Target target);

  /** Records an exception, by which this request fails. */
  void bug(TakenRequest request, Throwable bug);
}
