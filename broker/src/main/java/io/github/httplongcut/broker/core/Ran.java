package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Failure;
import java.util.Locale;

/**
 * Answer to the question whether a request ran, as far as this broker knows. Agrees with
 * docs/errors.md, "Did the request run".
 *
 * @param why one sentence
 */
public record Ran(Verdict verdict, String why) {

  /** Possible answers. */
  public enum Verdict {
    NO,
    YES,
    MAYBE,
    /** The request is in flight, and has not run so far. */
    NOT_YET;

    /** Returns the name on the admin pages. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The facts that decide.
   *
   * @param stage the last stage before the end
   * @param dispatched true if the request was dispatched at least once
   * @param earlierMayHaveRun true if an attempt before the last stage may have run the request
   */
  record Facts(Stage stage, boolean dispatched, boolean earlierMayHaveRun) {}

  private static final Ran ANSWERED = new Ran(Verdict.YES, "the upstream server answered");

  /** Answers for a request in flight. */
  static Ran ofInFlight(Facts facts) {
    if (facts.stage instanceof Stage.Running running) {
      return maybe("upstream agent " + running.assignedAgent().id() + " is running it");
    }
    if (facts.stage instanceof Stage.Dispatched dispatched) {
      return maybe(
          "it was sent to upstream agent "
              + dispatched.assignedAgent().id()
              + ", without an ack yet");
    }
    return facts.earlierMayHaveRun
        ? maybe("an earlier attempt may have run it")
        : new Ran(Verdict.NOT_YET, "no upstream agent has it");
  }

  /** Answers for a request that is over. */
  static Ran ofEnded(Ending ending, Facts facts) {
    Ran last =
        switch (ending.kind()) {
          case ANSWERED -> ANSWERED;
          case FAILED -> ofFailed(ending.error().orElseThrow().failure(), facts);
          case CANCELLED, LOST -> ofAbandoned(facts);
        };
    return last.verdict == Verdict.NO && facts.earlierMayHaveRun
        ? maybe("an earlier attempt may have run it")
        : last;
  }

  private static Ran ofFailed(Failure failure, Facts facts) {
    if (!facts.dispatched) {
      return no("it was never sent to an upstream agent");
    }
    Verdict verdict =
        switch (failure.execution()) {
          case DID_NOT_RUN -> Verdict.NO;
          case MAY_HAVE_RUN -> Verdict.MAYBE;
          case RAN -> Verdict.YES;
        };
    return new Ran(verdict, why(failure));
  }

  private static String why(Failure failure) {
    return switch (failure) {
      case RESPONSE_TOO_LARGE -> "the upstream server answered, with too large a response";
      case UPSTREAM_UNREACHABLE -> "no upstream agent could connect to its server";
      case UPSTREAM_AGENT_LOST -> "the upstream agent was lost while it had the request";
      case UPSTREAM_ACK_TIMEOUT -> "the upstream agent did not ack it";
      case UPSTREAM_REPLY_TIMEOUT -> "the upstream agent acked it and did not reply in time";
      case UPSTREAM_TIMEOUT -> "the upstream server did not answer in time";
      case UPSTREAM_PROTOCOL_ERROR -> "the upstream server broke off or broke HTTP";
      case NOT_IMPLEMENTED -> "the upstream agent refused the request, or an endless response";
      case INTERNAL_ERROR -> "a bug ended it";
      case REQUEST_TIMEOUT, BROKER_ACK_TIMEOUT -> "a wait ended";
      case BAD_REQUEST,
          UNAUTHORIZED,
          CALLER_FORBIDDEN,
          TARGET_FORBIDDEN,
          REQUEST_NOT_ALLOWED,
          NO_ROUTE,
          METHOD_NOT_ALLOWED,
          READ_TIMEOUT,
          REQUEST_TOO_LARGE,
          URL_TOO_LONG,
          RATE_LIMITED,
          HEADERS_TOO_LARGE,
          LOOP_DETECTED ->
          "the upstream agent refused it";
      case OVERLOADED, UPSTREAM_BUSY, NO_UPSTREAM_AGENT, BROKER_UNAVAILABLE, NOT_RUN ->
          "no upstream agent ran it";
    };
  }

  /** Answers for a request that is cancelled or lost. */
  private static Ran ofAbandoned(Facts facts) {
    if (facts.stage instanceof Stage.AtAgent at) {
      return maybe("upstream agent " + at.assignedAgent().id() + " had it");
    }
    return no(
        facts.dispatched ? "no upstream agent ran it" : "it was never sent to an upstream agent");
  }

  private static Ran no(String why) {
    return new Ran(Verdict.NO, why);
  }

  private static Ran maybe(String why) {
    return new Ran(Verdict.MAYBE, why);
  }
}
