package io.github.httplongcut.system.faults;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.system.faults.Sent.Answer;
import io.github.httplongcut.system.faults.Sent.End;
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
 * The account of every request of a trial. Always: exactly one answer, its own, no later than
 * {@code request-timeout} and a second; a POST ran at most once, exactly once if its answer is 2xx,
 * never if it is 503 or {@code upstream_unreachable}; an error has one of the codes of
 * docs/protocol.md section 5 with its status.
 */
final class Account {

  /** Something that must not be. */
  record Violation(Sent request, String what) {}

  /**
   * When the fault was on, {@link System#nanoTime}.
   *
   * @param victims processes that were killed or frozen
   * @param end when the last fault had ended
   */
  record Times(long begin, long end, Set<RoleProcess> victims) {}

  private static final long SECOND = 1_000_000_000L;

  /** What is late on a machine that stood still is late by more than that time: it piles up. */
  private static final long STALL_ALLOWANCE = 5 * SECOND;

  private final Function<String, List<Instant>> executions;
  private final Expectation expectation;
  private final Times times;
  private final Predicate<Sent> mayBeLost;
  private final long limit;

  /**
   * @param executions when the request of an id was executed, each time that it was
   * @param mayBeLost whether a victim may have taken a request with it
   * @param machine if it stood still, an answer may come later
   */
  Account(
      Function<String, List<Instant>> executions,
      Predicate<Sent> mayBeLost,
      Expectation expectation,
      Times times,
      Machine machine) {
    this.executions = executions;
    this.mayBeLost = mayBeLost;
    this.expectation = expectation;
    this.times = times;
    limit =
        FaultBench.REQUEST_TIMEOUT_SECONDS * SECOND
            + (machine.isSteady() ? SECOND : STALL_ALLOWANCE + machine.stoodStill().toNanos());
  }

  List<Violation> check(List<Sent> requests) {
    List<Violation> violations = new ArrayList<>();
    for (Sent request : requests) {
      check(request).ifPresent(what -> violations.add(new Violation(request, what)));
    }
    violations.sort(Comparator.comparingLong(violation -> violation.request().sentAt()));
    return violations;
  }

  private Optional<String> check(Sent request) {
    int runs = executions.apply(request.id()).size();
    if (request.isPost() && runs > 1) {
      return Optional.of("ran " + runs + " times");
    }
    if (request.answers() != 1) {
      return Optional.of("has " + request.answers() + " answers");
    }
    Answer answer = request.answer().orElseThrow();
    boolean throughVictim = times.victims().contains(request.client());
    if (answer.end() != End.ANSWERED) {
      return throughVictim && request.sentAt() - times.end() < 0
          ? Optional.empty()
          : Optional.of("has no answer: " + answer.body());
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

  private static Optional<String> checkSuccess(Sent request, Answer answer, int runs) {
    if (!answer.body().equals(request.method() + " " + request.id())) {
      return Optional.of("got the answer of another request: " + answer.body());
    }
    return runs == 0 ? Optional.of("was answered and never ran") : Optional.empty();
  }

  private Optional<String> checkFailure(
      Sent request, Answer answer, int runs, boolean throughVictim) {
    Optional<Failure> failure = Failure.ofCode(answer.code());
    if (failure.isEmpty()
        || failure.get() == Failure.NOT_RUN
        || failure.get() == Failure.INTERNAL_ERROR
        || failure.get().status() != answer.status()) {
      return Optional.of("got an error that nobody may get: " + answer.body());
    }
    if (request.isPost() && saysNeverRan(failure.get()) && runs > 0) {
      return Optional.of("ran, and its answer says that it did not");
    }
    return throughVictim || mayFail(request, answer)
        ? Optional.empty()
        : Optional.of("should not have failed: " + answer.body());
  }

  private static boolean saysNeverRan(Failure failure) {
    return failure.status() == 503 || failure == Failure.UPSTREAM_UNREACHABLE;
  }

  private boolean mayFail(Sent request, Answer answer) {
    // Sent a moment later, RabbitMQ may have given it to a process that was dead already.
    boolean withVictim =
        request.sentAt() - times.begin() < SECOND && answer.at() - times.begin() >= 0;
    return switch (expectation.of(request)) {
      case NONE -> false;
      case LOST_WITH_VICTIM -> withVictim && mayBeLost.test(request);
      case ANY -> true;
    };
  }
}
