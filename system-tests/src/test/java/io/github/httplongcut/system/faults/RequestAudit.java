package io.github.httplongcut.system.faults;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.system.faults.SentRequest.Answer;
import io.github.httplongcut.system.faults.SentRequest.End;
import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Checks every request of a trial against the relay's guarantees:
 *
 * <ul>
 *   <li>Each request gets exactly one response, its own, within {@code request-timeout} plus one
 *       second.
 *   <li>A POST runs at most once: exactly once if the response is 2xx, never if it is 503 or {@code
 *       upstream_unreachable}.
 *   <li>An error has one of the codes of docs/protocol.md section 5, with the status of that code.
 * </ul>
 */
final class RequestAudit {

  /** A request that breaks a guarantee, and how. */
  record Violation(SentRequest request, String description) {}

  /**
   * The duration of the faults, as {@link System#nanoTime}.
   *
   * @param end the time at which the last fault had ended
   * @param victims processes that were killed or frozen
   */
  record Times(long begin, long end, Set<RoleProcess> victims) {}

  private static final long SECOND = 1_000_000_000L;

  /** Extra time after a pause of the machine, since work piles up during the pause. */
  private static final long STALL_ALLOWANCE = 5 * SECOND;

  private final Function<String, List<Instant>> executions;
  private final Expectation expectation;
  private final Times times;
  private final Predicate<SentRequest> mayBeLost;
  private final long limit;

  /**
   * @param executions returns the times at which the request with an id was executed
   * @param mayBeLost returns whether a request may have been lost with a victim
   * @param machine if it was paused, responses may come later
   */
  RequestAudit(
      Function<String, List<Instant>> executions,
      Predicate<SentRequest> mayBeLost,
      Expectation expectation,
      Times times,
      Machine machine) {
    this.executions = executions;
    this.mayBeLost = mayBeLost;
    this.expectation = expectation;
    this.times = times;
    limit =
        FaultBench.REQUEST_TIMEOUT_SECONDS * SECOND
            + (machine.isSteady() ? SECOND : STALL_ALLOWANCE + machine.paused().toNanos());
  }

  List<Violation> check(List<SentRequest> requests) {
    List<Violation> violations = new ArrayList<>();
    for (SentRequest request : requests) {
      check(request).ifPresent(description -> violations.add(new Violation(request, description)));
    }
    violations.sort(Comparator.comparingLong(violation -> violation.request().sentAt()));
    return violations;
  }

  private Optional<String> check(SentRequest request) {
    int runs = executions.apply(request.id()).size();
    if (request.isPost() && runs > 1) {
      return Optional.of("ran " + runs + " times");
    }
    if (request.answers() != 1) {
      return Optional.of("has " + request.answers() + " responses");
    }
    Answer answer = request.answer().orElseThrow();
    boolean throughVictim = times.victims().contains(request.client());
    if (answer.end() != End.ANSWERED) {
      return throughVictim && request.sentAt() - times.end() < 0
          ? Optional.empty()
          : Optional.of("has no response: " + answer.body());
    }
    if (request.nanos(answer.at()) > limit
        && !(throughVictim && answer.at() - times.end() < SECOND)) {
      return Optional.of("was answered too late");
    }
    if (answer.isSuccess()) {
      return checkSuccess(request, answer, runs);
    }
    return checkFailure(request, answer, runs, throughVictim);
  }

  private static Optional<String> checkSuccess(SentRequest request, Answer answer, int runs) {
    if (!answer.body().equals(request.method() + " " + request.id())) {
      return Optional.of("got the response to another request: " + answer.body());
    }
    return runs == 0 ? Optional.of("got a 200 but never ran") : Optional.empty();
  }

  private Optional<String> checkFailure(
      SentRequest request, Answer answer, int runs, boolean throughVictim) {
    Optional<Failure> failure = Failure.ofCode(answer.code());
    if (failure.isEmpty()
        || failure.get() == Failure.NOT_RUN
        || failure.get() == Failure.INTERNAL_ERROR
        || failure.get().status() != answer.status()) {
      return Optional.of("got an error that no caller may get: " + answer.body());
    }
    if (request.isPost() && saysNeverRan(failure.get()) && runs > 0) {
      return Optional.of("ran, but the response says that it did not");
    }
    return throughVictim || mayFail(request, answer)
        ? Optional.empty()
        : Optional.of("should not have failed: " + answer.body());
  }

  private static boolean saysNeverRan(Failure failure) {
    return failure.status() == 503 || failure == Failure.UPSTREAM_UNREACHABLE;
  }

  private boolean mayFail(SentRequest request, Answer answer) {
    // For a short time after the kill, RabbitMQ may still deliver requests to the dead process.
    boolean withVictim =
        request.sentAt() - times.begin() < SECOND && answer.at() - times.begin() >= 0;
    return switch (expectation.of(request)) {
      case NONE -> false;
      case LOST_WITH_VICTIM -> withVictim && mayBeLost.test(request);
      case ANY -> true;
    };
  }
}
