package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.TimeLeft;
import io.github.httplongcut.upstream.core.RunState.Aborting;
import io.github.httplongcut.upstream.core.RunState.Answering;
import io.github.httplongcut.upstream.core.RunState.Unanswered;

/**
 * Answers requests, and ends them when the answer has its outcome (protocol section 4, "Upstream
 * agent"). An answer is a response or an error.
 */
final class Answers {

  private final TakenRequests requests;
  private final RunnerEffects effects;
  private final RunnerJournal journal;

  Answers(TakenRequests requests, RunnerEffects effects, RunnerJournal journal) {
    this.requests = requests;
    this.effects = effects;
    this.journal = journal;
  }

  /** Answers the request with the server's response. */
  void respond(TakenRequest request, Unanswered state, Response response, long now) {
    journal.responded(request, response.statusCode());
    BrokerRequest of = request.event();
    UpstreamResponse answer =
        new UpstreamResponse(
            of.clientId(), of.clientReqId(), of.brokerReqId(), request.upstreamReqId(), response);
    long bytes = response.body().length() + response.headers().footprint();
    answer(request, state.respond(bytes, now), answer, now);
  }

  /** Answers the request with an error. */
  void fail(TakenRequest request, Unanswered state, Failure failure, String message, long now) {
    journal.failed(request, failure, message);
    UpstreamError answer = error(request, failure, message);
    AnswerTries tries =
        !request.isRepeatable() && allowsRerun(failure)
            ? AnswerTries.ONCE
            : AnswerTries.UNTIL_CONFIRMED;
    answer(request, state.fail(failure, tries, now), answer, now);
  }

  /**
   * Answers a request whose call was aborted. The error says whether the server may have run it.
   */
  void failAborted(TakenRequest request, Aborting state, CallProgress progress, long now) {
    boolean sent = progress == CallProgress.SENT;
    switch (state.cause()) {
      case TIMEOUT -> failTimedOut(request, state, sent, now);
      case SHUTDOWN -> failShutDown(request, state, sent, now);
    }
  }

  private void failTimedOut(TakenRequest request, Aborting state, boolean sent, long now) {
    String name = request.target().name();
    String server = request.target().server();
    if (sent) {
      String message = "upstream target '%s': %s did not send a complete response in time";
      fail(request, state, Failure.UPSTREAM_TIMEOUT, message.formatted(name, server), now);
    } else {
      String message = "upstream target '%s': could not connect to %s in time";
      fail(request, state, Failure.UPSTREAM_UNREACHABLE, message.formatted(name, server), now);
    }
  }

  private void failShutDown(TakenRequest request, Aborting state, boolean sent, long now) {
    if (sent) {
      String message = "the upstream agent shut down before the upstream server had answered";
      fail(request, state, Failure.UPSTREAM_AGENT_LOST, message, now);
    } else {
      fail(request, state, Failure.NOT_RUN, "the upstream agent is shutting down", now);
    }
  }

  /** Returns whether the broker or the client agent may have another agent run the request. */
  private static boolean allowsRerun(Failure failure) {
    return failure == Failure.NOT_RUN || failure == Failure.UPSTREAM_UNREACHABLE;
  }

  /**
   * Handles the outcome of an answer: ends the request, unless the answer is in doubt and was to be
   * published once.
   *
   * <p>After such an error another agent may run a request that is not repeatable. With two copies
   * of it, one to the broker and one as an orphan, two agents could run the request (protocol
   * section 4). So this method publishes {@code upstream_agent_lost} instead, after which nobody
   * runs the request.
   */
  void onDone(TakenRequest request, Answering state, AnswerOutcome outcome, long now) {
    if (state.tries() == AnswerTries.ONCE && outcome == AnswerOutcome.IN_DOUBT) {
      String message =
          "the upstream agent did not run the request, but RabbitMQ did not confirm the error"
              + " that says so";
      UpstreamError second = error(request, Failure.UPSTREAM_AGENT_LOST, message);
      answer(request, state.untilConfirmed(), second, now);
    } else {
      journal.answerDone(request, outcome, now - state.since());
      end(request, state, now);
    }
  }

  private void answer(TakenRequest request, Answering to, Event answer, long now) {
    requests.move(request, to, now);
    long left = TimeLeft.millis(request.endsAt(), now);
    if (left > 0) {
      effects.answer(request, answer, to.tries(), left);
    } else {
      journal.tooLate(request);
      end(request, to, now);
    }
  }

  /** Ends a request whose answer is confirmed, given up or too late. */
  private void end(TakenRequest request, Answering state, long now) {
    journal.ended(request, state.failure(), now);
    effects.done(request.receipt());
    requests.move(request, state.end(), now);
  }

  // Bugs.

  /** Runs a step of one request. An exception in it fails only that request. */
  void runGuarded(TakenRequest request, long now, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      onBug(request, bug, now);
    }
  }

  /** Ends the request, with {@code internal_error} unless it is answered already. */
  void onBug(TakenRequest request, Throwable bug, long now) {
    try {
      journal.bug(request, bug);
      failAfterBug(request, now);
    } catch (RuntimeException | Error second) {
      journal.bug(request, second);
    }
  }

  private void failAfterBug(TakenRequest request, long now) {
    if (request.state() instanceof Unanswered unanswered) {
      String message = "bug in the upstream agent: see the agent's log";
      fail(request, unanswered, Failure.INTERNAL_ERROR, message, now);
    } else if (request.state() instanceof Answering answering) {
      end(request, answering, now);
    }
  }

  private static UpstreamError error(TakenRequest request, Failure failure, String message) {
    BrokerRequest of = request.event();
    return new UpstreamError(
        of.clientId(),
        of.clientReqId(),
        of.brokerReqId(),
        request.upstreamReqId(),
        new EventError(failure, message, Hop.UPSTREAM_AGENT));
  }
}
