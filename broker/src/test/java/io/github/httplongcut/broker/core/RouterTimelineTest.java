package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static io.github.httplongcut.broker.core.RouterFixture.CLIENT;
import static io.github.httplongcut.broker.core.RouterFixture.number;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Accounts of requests: their steps, phases and ends. */
class RouterTimelineTest {

  private final RouterFixture fixture = new RouterFixture();

  @Test
  void getIsReceivedDispatchedConfirmedAckedAndAnswered() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.at(10).get(1);
    fixture.at(11).published(1, DispatchOutcome.CONFIRMED);
    fixture.at(13).ack(1, AGENT_1);
    fixture.at(130).response(1, 1, AGENT_1);

    assertThat(steps(only()))
        .containsExactly(
            "0 received",
            "0 dispatched (received) b1 at plant1",
            "1 dispatched (confirmed) b1 at plant1",
            "3 running (acked) b1 at plant1",
            "120 over (answered)");
    assertThat(phases(only())).isEqualTo(Map.of("wait", 0L, "dispatch", 3L, "run", 117L));
    assertThat(only().history().dispatches()).isEqualTo(1);
    assertThat(only().outcome()).isEqualTo("answered");
    assertThat(only().ending()).map(Ending::status).hasValue(200);
    assertThat(only().ran()).isEqualTo(yes("the upstream server answered"));
  }

  @Test
  void postIsSettledBeforeItsDispatch() {
    fixture.heartbeat(AGENT_1, 1, 0);
    RouterFixture.TestReceipt receipt = fixture.delivery();
    fixture.receive(1, "POST", receipt);
    fixture.at(2).settled(receipt);
    fixture.at(5).response(1, 1, AGENT_1);

    assertThat(steps(only()))
        .containsExactly(
            "0 received",
            "0 settling (received, to be settled) b1 at plant1",
            "2 dispatched (settled) b1 at plant1",
            "5 over (answered)");
    assertThat(phases(only())).isEqualTo(Map.of("wait", 0L, "settle", 2L, "dispatch", 3L));
  }

  @Test
  void requestWaitsForAnAgent() {
    fixture.get(1);
    fixture.at(40).heartbeat(AGENT_1, 1, 0);
    fixture.at(50).response(1, 1, AGENT_1);

    assertThat(steps(only()))
        .containsExactly(
            "0 received",
            "0 waiting (received, no agent free)",
            "40 dispatched (agent free) b1 at plant1",
            "50 over (answered)");
    assertThat(phases(only())).isEqualTo(Map.of("wait", 40L, "dispatch", 10L));
  }

  @Test
  void secondAttemptNamesTheFaultOfTheFirst() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.heartbeat(AGENT_2, 1, 0);
    fixture.at(3).error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1);
    fixture.at(9).ack(2, AGENT_2);
    fixture.at(20).response(1, 2, AGENT_2);

    assertThat(steps(only()))
        .containsExactly(
            "0 received",
            "0 dispatched (received) b1 at plant1",
            "3 dispatched (unreachable) b2 at plant2",
            "9 running (acked) b2 at plant2",
            "20 over (answered)");
    assertThat(phases(only())).isEqualTo(Map.of("wait", 0L, "dispatch", 9L, "run", 11L));
    assertThat(only().history().dispatches()).isEqualTo(2);
    assertThat(only().history().lastAgent()).hasValue(AGENT_2);
    assertThat(only().hasId(RouterFixture.id(1))).as("request 1 and dispatch 1").isTrue();
    assertThat(only().hasId(RouterFixture.id(2))).as("dispatch 2").isTrue();
    assertThat(only().hasId(RouterFixture.id(3))).isFalse();
  }

  @Test
  void refusedRequestHasItsError() {
    fixture.get(1);
    fixture.tick(10_000);

    assertThat(steps(only()))
        .containsExactly(
            "0 received", "0 waiting (received, no agent free)", "10000 over (no_upstream_agent)");
    assertThat(only().outcome()).isEqualTo("no_upstream_agent");
    assertThat(only().ending()).map(Ending::status).hasValue(503);
    assertThat(only().ran()).isEqualTo(no("it was never sent to an upstream agent"));
  }

  @Test
  void requestWithoutAPlaceHasAnAccountToo() {
    for (int i = 1; i <= 7; i++) {
      fixture.get(i);
    }

    assertThat(fixture.ended).isNotEmpty();
    assertThat(steps(fixture.ended.get(0))).hasSize(2).startsWith("0 received");
  }

  @Test
  void cancelledRequestMayHaveRun() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.cancel(1, CLIENT);

    assertThat(only().outcome()).isEqualTo("cancelled");
    assertThat(only().ending()).map(Ending::status).hasValue(0);
    assertThat(only().ran().verdict()).isEqualTo(Ran.Verdict.MAYBE);
  }

  @Test
  void requestsLostWithTheConnectionHaveAnAccount() {
    fixture.get(1);
    fixture.consumingLost();

    assertThat(only().outcome()).isEqualTo("lost");
    assertThat(steps(only())).endsWith("0 over (consuming connection lost)");
    assertThat(only().ran()).isEqualTo(no("it was never sent to an upstream agent"));
  }

  @Test
  void requestsLeftBehindWithTheInboxMayRun() {
    fixture.heartbeat(AGENT_1, 1, 0);
    RouterFixture.TestReceipt receipt = fixture.delivery();
    fixture.receive(1, "POST", receipt);
    fixture.settled(receipt);
    fixture.consumingLost();
    assertThat(fixture.ended).isEmpty();
    fixture.inboxReplaced();

    assertThat(only().outcome()).isEqualTo("lost");
    assertThat(steps(only())).endsWith("0 over (inbox replaced)");
    assertThat(only().ran().verdict()).isEqualTo(Ran.Verdict.MAYBE);
  }

  /** A GET whose first attempt was nacked may have run, although its last error says busy. */
  @Test
  void earlierAttemptOfARepeatableRequestMayHaveRun() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.published(2, DispatchOutcome.RETURNED);
    fixture.drain();

    assertThat(only().outcome()).isEqualTo("not_run");
    assertThat(only().ran()).isEqualTo(maybe("an earlier attempt may have run it"));
  }

  /** The agent has lost its connection, and still runs the request. */
  @ParameterizedTest
  @EnumSource(Undelivered.class)
  void runningRequestThatComesBackMayHaveRun(Undelivered reason) {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.ack(1, AGENT_1);
    fixture.undelivered(1, reason);
    fixture.drain();

    assertThat(only().ran().verdict()).isEqualTo(Ran.Verdict.MAYBE);
  }

  @Test
  void rejectedRequestHasNotRun() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.undelivered(1, Undelivered.REJECTED);
    fixture.drain();

    assertThat(only().ran()).isEqualTo(no("no upstream agent ran it"));
  }

  @Test
  void requestInFlightIsFoundByAnyOfItsIds() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.at(1).get(5);
    fixture.get(6);

    RequestRecord running = fixture.router.view().request(RouterFixture.id(5)).orElseThrow();
    assertThat(running.ending()).isEmpty();
    assertThat(running.outcome()).isEmpty();
    assertThat(steps(running)).endsWith("0 dispatched (received) b1 at plant1");
    assertThat(running.ran().verdict()).isEqualTo(Ran.Verdict.MAYBE);
    RequestRecord byDispatch = fixture.router.view().request(RouterFixture.id(1)).orElseThrow();
    assertThat(byDispatch.subject()).isEqualTo(running.subject());
    RequestRecord waiting = fixture.router.view().request(RouterFixture.id(6)).orElseThrow();
    assertThat(waiting.ran()).isEqualTo(new Ran(Ran.Verdict.NOT_YET, "no upstream agent has it"));
    assertThat(fixture.router.view().request(RouterFixture.id(99))).isEmpty();
  }

  /** Rejections are unlimited, and each adds a step. */
  @Test
  void stepsOfARequestAreLimited() {
    fixture.get(1);
    for (int i = 1; i <= 100; i++) {
      fixture.at(i).heartbeat(AGENT_1, 1, 0);
      fixture.undelivered(i, Undelivered.REJECTED);
    }
    fixture.at(200).drain();

    RequestSteps history = only().history();
    assertThat(history.steps()).hasSize(Timeline.MAX_STEPS);
    assertThat(history.omittedSteps()).isEqualTo(2 + 200 + 1 - Timeline.MAX_STEPS);
    assertThat(history.dispatches()).isEqualTo(100);
    assertThat(steps(only())).startsWith("0 received", "0 waiting (received, no agent free)");
    assertThat(steps(only())).endsWith("200 over (not_run)");
    assertThat(phases(only()).get("wait")).isEqualTo(200L);
  }

  @Test
  void subjectHasNoQueryAndIsCut() {
    receive("/orders/7?token=secret");
    String longest = "/" + "x".repeat(RequestRecord.PATH_CHARS - 1);
    receive(longest + "?token=secret");
    receive(longest + "x?token=secret");
    fixture.drain();

    assertThat(fixture.ended)
        .extracting(record -> record.subject().path())
        .containsExactly(
            "/orders/7", longest, "/" + "x".repeat(RequestRecord.PATH_CHARS - 2) + "…");
    RequestRecord.Subject subject = fixture.ended.get(0).subject();
    assertThat(subject.target()).isEqualTo("orders");
    assertThat(subject.method()).isEqualTo("PUT");
    assertThat(subject.clientId()).isEqualTo(CLIENT);
    assertThat(subject.bytes()).isEqualTo(5);
  }

  private void receive(String url) {
    Request request =
        new Request(RouterFixture.TARGET, "PUT", url, Headers.EMPTY, Body.ofText("12345"));
    RouterFixture.TestReceipt receipt = fixture.delivery();
    fixture.receive(new ClientRequest(CLIENT, UUID.randomUUID(), 60_000, request), receipt);
    receipt.settled();
  }

  @Test
  void bugAtTheEndDoesNotEndTheRequestTwice() {
    fixture.get(1);
    fixture.failAtEnd();

    assertThat(fixture.tick(10_000)).containsExactly("refuse r1 internal_error");
    assertThat(steps(only())).endsWith("10000 over (no_upstream_agent)");
    assertThat(fixture.router.isIdle()).isTrue();
    assertThat(fixture.router.leftovers()).isZero();
    assertThat(fixture.router.view().stats().inFlightBytes()).isZero();
  }

  @Test
  void failedDispatchesAreCountedByReason() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.undelivered(1, Undelivered.REJECTED);
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.error(1, 2, Failure.UPSTREAM_UNREACHABLE, AGENT_1);

    assertThat(fixture.router.view().stats().totals().dispatchFailures())
        .isEqualTo(Map.of(DispatchFailure.REJECTED, 1L, DispatchFailure.UNREACHABLE, 1L));
  }

  private RequestRecord only() {
    assertThat(fixture.ended).hasSize(1);
    return fixture.ended.get(0);
  }

  private static List<String> steps(RequestRecord record) {
    long start = record.history().receivedAt();
    return record.history().steps().stream().map(step -> describe(step, start)).toList();
  }

  private static String describe(TimelineStep step, long start) {
    String why = step.why().isEmpty() ? "" : " (" + step.why() + ")";
    String agent =
        step.upstreamAgent()
            .map(id -> " b" + number(step.brokerReqId()) + " at " + id.user())
            .orElse("");
    return (step.at() - start) / 1_000_000 + " " + step.stage().label() + why + agent;
  }

  private static Map<String, Long> phases(RequestRecord record) {
    Map<String, Long> phases = new TreeMap<>();
    for (RequestPhase phase : RequestPhase.values()) {
      if (record.history().wasIn(phase)) {
        phases.put(phase.label(), record.history().nanosIn(phase) / 1_000_000);
      }
    }
    return phases;
  }

  private static Ran yes(String why) {
    return new Ran(Ran.Verdict.YES, why);
  }

  private static Ran no(String why) {
    return new Ran(Ran.Verdict.NO, why);
  }

  private static Ran maybe(String why) {
    return new Ran(Ran.Verdict.MAYBE, why);
  }
}
