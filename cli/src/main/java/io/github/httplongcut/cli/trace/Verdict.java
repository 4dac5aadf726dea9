package io.github.httplongcut.cli.trace;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.util.Optional;
import java.util.Set;

/**
 * Judgement of a request.
 *
 * @param well whether the request was answered by its upstream server, or may still be
 * @param ran whether it ran, in a sentence
 * @param nextStep what to do now, in a sentence
 */
record Verdict(boolean well, String ran, String nextStep) {

  /** Outcomes that an agent decides, after another one may have run the request. */
  private static final Set<String> BY_THE_LAST_AGENT =
      Set.of(Failure.UPSTREAM_UNREACHABLE.code(), Failure.REQUEST_NOT_ALLOWED.code());

  private static final int SERVER_ERROR = 500;
  private static final int RETRY_LATER = 503;

  /** Judges what a broker remembers. */
  static Verdict of(BrokerTrace trace) {
    String why = trace.text("ran_why");
    String ran = inWords(trace.text("ran")) + (why.isEmpty() ? "" : ": " + why);
    if (!trace.isOver()) {
      return new Verdict(true, ran, whileInFlight(trace));
    }
    return ended(trace.text("outcome"), trace.json().path("status").asInt(), ran);
  }

  /** Judges what a client agent has logged. */
  static Verdict of(LogEntry entry) {
    String method = entry.request().split(" ", 2)[0];
    String ran = inWords(ranAs(entry.outcome()));
    if (Request.isRepeatable(method)
        && (entry.status() == RETRY_LATER || BY_THE_LAST_AGENT.contains(entry.outcome()))) {
      ran = "no; or it is repeatable and ran without an answer, which does no harm";
    }
    return ended(entry.outcome(), entry.status(), ran);
  }

  private static Verdict ended(String outcome, int status, String ran) {
    return switch (outcome) {
      case "answered" ->
          new Verdict(
              true,
              ran,
              status >= SERVER_ERROR
                  ? "the status is the upstream server's own: look into the server's log"
                  : "none: the answer is that of the upstream server");
      case "cancelled", "hung_up" ->
          new Verdict(
              false,
              ran,
              "the caller closed its connection before the answer came: check its timeout; compare"
                  + " with the time of the upstream server");
      case "dropped" ->
          new Verdict(
              false,
              ran,
              "the caller closed its connection, and its route says hang-up = finish: check the"
                  + " caller's timeout");
      default ->
          new Verdict(
              false,
              ran,
              Failure.ofCode(outcome)
                  .map(failure -> remedy(failure) + "; see docs/errors.md")
                  .orElse("run longcut doctor, and look into the log of the broker"));
    };
  }

  private static String whileInFlight(BrokerTrace trace) {
    String target = trace.text("upstream_target");
    return switch (trace.lastStage()) {
      case "received", "settling" -> "wait a moment, and ask again";
      case "waiting" ->
          "the request waits for a free slot of target " + target + ": see longcut status";
      case "dispatched" ->
          "the upstream agent has not confirmed the request yet: ask again in a few seconds";
      case "running" -> "the upstream server works on it: look into the server's log";
      default -> "ask again in a few seconds";
    };
  }

  private static String inWords(String ran) {
    return switch (ran) {
      case "no" -> "no";
      case "yes" -> "yes";
      case "not_yet" -> "not yet";
      default -> "it may have run";
    };
  }

  /** Returns whether a request with this outcome ran, as docs/errors.md says. */
  private static String ranAs(String outcome) {
    Optional<Failure> failure = Failure.ofCode(outcome);
    if (failure.isPresent()) {
      return ranAs(failure.get());
    }
    return outcome.equals("answered") || outcome.equals("dropped") ? "yes" : "maybe";
  }

  private static String ranAs(Failure failure) {
    return switch (failure.execution()) {
      case DID_NOT_RUN -> "no";
      case MAY_HAVE_RUN -> "maybe";
      case RAN -> "yes";
    };
  }

  private static String remedy(Failure failure) {
    return switch (failure) {
      case BAD_REQUEST -> "correct the caller: its request is malformed";
      case UNAUTHORIZED -> "give the caller credentials";
      case CALLER_FORBIDDEN -> "check the client agent's rules for this caller";
      case TARGET_FORBIDDEN ->
          "grant the client agent's user the target's routing key, or correct the route";
      case REQUEST_NOT_ALLOWED -> "check the upstream agent's rules for this request";
      case NO_ROUTE -> "add a route, or default-upstream-target, to the client agent's settings";
      case METHOD_NOT_ALLOWED, NOT_IMPLEMENTED ->
          "do not use this method or answer: it is not relayed";
      case READ_TIMEOUT -> "check the caller's network, read-timeout and min-upload-rate";
      case REQUEST_TOO_LARGE -> "check max-request-body";
      case URL_TOO_LONG -> "check max-url";
      case HEADERS_TOO_LARGE -> "check max-headers-size and max-headers";
      case RESPONSE_TOO_LARGE -> "check max-response-body of the target";
      case RATE_LIMITED, OVERLOADED, BROKER_UNAVAILABLE ->
          "run longcut doctor; the caller may try again";
      case INTERNAL_ERROR -> "find event=bug in the logs of the processes, and report it";
      case UPSTREAM_UNREACHABLE ->
          "check that the upstream server runs, and the target's url, DNS and TLS";
      case UPSTREAM_PROTOCOL_ERROR -> "look into the upstream server's log";
      case UPSTREAM_AGENT_LOST -> "check the upstream agent: it ended, or lost its connection";
      case UPSTREAM_BUSY ->
          "add upstream agents, or raise the target's capacity; see longcut status";
      case NO_UPSTREAM_AGENT -> "start an upstream agent for the target; see longcut status";
      case BROKER_ACK_TIMEOUT -> "check RabbitMQ and the brokers: run longcut doctor";
      case UPSTREAM_ACK_TIMEOUT, UPSTREAM_REPLY_TIMEOUT ->
          "check the upstream agent that the steps name";
      case UPSTREAM_TIMEOUT -> "check the upstream server, and the target's timeout";
      case REQUEST_TIMEOUT -> "check the brokers, and the client agent's request-timeout";
      case LOOP_DETECTED -> "find the target whose server is a client agent";
      case NOT_RUN -> "the caller may try again";
    };
  }
}
