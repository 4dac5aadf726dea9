package io.github.httplongcut.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.faults.RequestAudit.Times;
import io.github.httplongcut.system.faults.RequestAudit.Violation;
import io.github.httplongcut.system.faults.SentRequest.Answer;
import io.github.httplongcut.system.faults.SentRequest.End;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Checks that the audit finds each violation: otherwise a trial without findings would prove
 * nothing.
 */
class RequestAuditTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Map<String, Integer> runs = new HashMap<>();
  private final Set<SentRequest> lost = new HashSet<>();
  private final List<SentRequest> sent = new ArrayList<>();
  private Expectation expectation = Expectation.ALL_MAY_FAIL;
  private Machine machine = Machine.STEADY;

  @Test
  void requestsThatKeepTheGuaranteesPass() {
    ok(sent("get", false), 1);
    ok(sent("get run again", false), 2);
    ok(sent("post", true), 1);
    error(sent("refused", true), 503, "no_upstream_agent", 0);
    error(sent("in doubt", true), 504, "request_timeout", 1);

    assertThat(violations()).isEmpty();
  }

  @Test
  void findsPostThatRanTwice() {
    ok(sent("a", true), 2);

    assertThat(violations()).containsExactly("a ran 2 times");
  }

  @Test
  void findsMissingAndDuplicateResponses() {
    sent("none", true);
    SentRequest twice = sent("twice", true);
    ok(twice, 1);
    ok(twice, 1);

    assertThat(violations()).containsExactly("none has 0 responses", "twice has 2 responses");
  }

  @Test
  void findsConnectionsThatBrokeWithoutAFault() {
    answer(sent("a", false), new Answer(End.BROKEN, 0, "", "reset", System.nanoTime()), 1);

    assertThat(violations()).containsExactly("a has no response: reset");
  }

  @Test
  void findsLateResponses() {
    SentRequest late = sent("a", false);
    long at = late.sentAt() + (FaultBench.REQUEST_TIMEOUT_SECONDS + 2) * SECOND;
    answer(late, timeout(at), 0);

    assertThat(violations()).containsExactly("a was answered too late");
  }

  @Test
  void responsesMayBeLaterByAPauseOfTheMachine() {
    machine = new Machine(Duration.ofSeconds(20));
    SentRequest late = sent("late", false);
    SentRequest later = sent("later", false);
    long limit = (FaultBench.REQUEST_TIMEOUT_SECONDS + 20 + 5) * SECOND;
    answer(late, timeout(late.sentAt() + limit), 0);
    answer(later, timeout(later.sentAt() + limit + 1), 0);

    assertThat(violations()).containsExactly("later was answered too late");
  }

  private static Answer timeout(long at) {
    return new Answer(End.ANSWERED, 504, "request_timeout", "", at);
  }

  @Test
  void findsSwappedResponsesAndResponsesWithoutARun() {
    answer(sent("a", false), new Answer(End.ANSWERED, 200, "", "GET b", System.nanoTime()), 1);
    ok(sent("c", true), 0);

    assertThat(violations())
        .containsExactly(
            "a got the response to another request: GET b", "c got a 200 but never ran");
  }

  @Test
  void findsPostsThatRanDespiteANeverRanError() {
    error(sent("a", true), 503, "broker_unavailable", 1);
    error(sent("b", true), 502, "upstream_unreachable", 1);

    assertThat(violations())
        .containsExactly(
            "a ran, but the response says that it did not",
            "b ran, but the response says that it did not");
  }

  @Test
  void findsErrorsThatNoCallerMayGet() {
    error(sent("unknown", false), 502, "no_such_code", 0);
    error(sent("inner", false), 503, "not_run", 0);
    error(sent("bug", false), 500, "internal_error", 0);
    error(sent("status", false), 502, "request_timeout", 0);

    assertThat(violations()).hasSize(4).allMatch(each -> each.contains("that no caller may get"));
  }

  @Test
  void findsFailuresThatTheFaultDoesNotExcuse() {
    expectation = Expectation.NO_GET_FAILS;
    error(sent("get", false), 504, "request_timeout", 0);
    error(sent("post", true), 504, "request_timeout", 0);

    assertThat(violations()).hasSize(1).allMatch(each -> each.startsWith("get should not have"));
  }

  @Test
  void onlyPostsHeldByAKilledProcessMayFail() {
    expectation = Expectation.POSTS_LOST_WITH_IT;
    SentRequest had = sent("had", true);
    SentRequest notHad = sent("not had", true);
    lost.add(had);
    error(had, 504, "upstream_ack_timeout", 0);
    error(notHad, 504, "upstream_ack_timeout", 0);

    assertThat(violations())
        .hasSize(1)
        .allMatch(each -> each.startsWith("not had should not have"));
  }

  private SentRequest sent(String id, boolean post) {
    SentRequest request = new SentRequest(id, post, 0);
    sent.add(request);
    return request;
  }

  private void ok(SentRequest request, int times) {
    String body = request.method() + " " + request.id();
    answer(request, new Answer(End.ANSWERED, 200, "", body, System.nanoTime()), times);
  }

  private void error(SentRequest request, int status, String code, int times) {
    answer(request, new Answer(End.ANSWERED, status, code, "", System.nanoTime()), times);
  }

  private void answer(SentRequest request, Answer answer, int times) {
    request.answered(answer);
    runs.put(request.id(), times);
  }

  /** Runs the audit. The fault begins after the last request is sent. */
  private List<String> violations() {
    long begin = sent.get(sent.size() - 1).sentAt() + 1;
    RequestAudit account =
        new RequestAudit(
            id -> Collections.nCopies(runs.getOrDefault(id, 0), Instant.EPOCH),
            lost::contains,
            expectation,
            new Times(begin, begin + 1, new HashSet<>()),
            machine);
    List<Violation> violations = account.check(sent);
    return violations.stream().map(each -> each.request().id() + " " + each.description()).toList();
  }
}
