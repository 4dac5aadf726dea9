package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Failure;

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
  void started(TakenRequest request, long ttl);

  /** Records that a request is answered with a response. */
  void responded(TakenRequest request, int statusCode);

  /** Records that a request is answered with an error. */
  void failed(TakenRequest request, Failure failure, String message);

  /** Records that an answer is not published, since no time is left. */
  void tooLate(TakenRequest request);

  /** Records that a request ends without an answer, since its broker has cancelled it. */
  void cancelled(TakenRequest request);

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
   * Records a change of a target's slots.
   *
   * @param requests number of the target's requests that are taken and not answered
   */
  void inFlight(Target target, int requests);

  /** Records an exception, by which this request fails. */
  void bug(TakenRequest request, Throwable bug);
}
