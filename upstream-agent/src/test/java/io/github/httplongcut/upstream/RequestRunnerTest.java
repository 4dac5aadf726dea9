package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.FakeUpstreamSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.upstream.HttpCaller.Progress;
import io.github.httplongcut.upstream.HttpCaller.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests each way in which a request is taken and ends. The target has capacity 2, timeout 10 s. */
final class RequestRunnerTest {

  private static final ProcessId SELF = ProcessId.create("plant", "u1");
  private static final ProcessId BROKER = ProcessId.create("relay", "b1");
  private static final ProcessId CLIENT = ProcessId.create("acme", "c1");
  private static final String KEY = Topology.targetKey("orders", SELF);
  private static final Response RESPONSE = new Response(200, Headers.EMPTY, Body.ofText("ok"));
  private static final long TTL = 5_000;

  private final Targets targets =
      new Targets(SELF, List.of(Examples.config("http://server.example/base")));
  private final Target orders = targets.all().iterator().next();
  private final TargetStates states = new TargetStates();
  private final FakeHttp http = new FakeHttp();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private FakeUpstreamSession session = new FakeUpstreamSession();
  private final FakeUpstreamSession publisher = session;
  private long now = 1_000_000_000L;

  private final RequestRunner runner =
      new RequestRunner(
          SELF,
          Duration.ofSeconds(2),
          states,
          new RequestRunner.Ports(http, publisher::publish, Runnable::run, () -> now),
          new RunnerMetrics(registry, targets));

  /** After the last result and the last confirm no request may be left. */
  @AfterEach
  void assertEveryRequestHasEnded() {
    session.settleAll();
    http.calls.forEach(call -> call.end(new Result.Answered(RESPONSE)));
    publisher.endAll(Outcome.CONFIRMED);
    assertThat(runner.isIdle()).isTrue();
    assertThat(states.inFlight(orders)).isZero();
    assertThat(registry.get("longcut.upstream.in.flight").gauge().value()).isZero();
  }

  // Bugs

  @Test
  void exceptionInACallAffectsOnlyItsRequest() {
    http.throwsAt = "/1";
    deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    assertThat(publisher.published())
        .filteredOn(UpstreamError.class::isInstance)
        .singleElement()
        .extracting(event -> ((UpstreamError) event).error().failure())
        .isEqualTo(Failure.INTERNAL_ERROR);
    assertThat(http.last().url).isEqualTo("/base/2");
    assertThat(states.inFlight(orders)).isEqualTo(1);
  }

  // Errors after which another agent may run the request

  /** With two copies, one to the broker and one as an orphan, two agents could run the request. */
  @ParameterizedTest
  @EnumSource(
      value = Outcome.class,
      names = {"UNKNOWN", "NACKED", "BLOCKED"})
  void unconfirmedNotRunOfAPostIsFollowedByAgentLost(Outcome outcome) {
    deliver(broker(Examples.post("x")));
    states.drain(targets);
    session.settleAll();
    assertThat(lastError().failure()).isEqualTo(Failure.NOT_RUN);
    assertThat(publisher.unconfirmed().get(0).tries()).isEqualTo(Publication.Tries.ONCE);

    publisher.endAll(outcome);

    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_AGENT_LOST);
    assertThat(publisher.unconfirmed())
        .singleElement()
        .extracting(Publication::tries)
        .isEqualTo(Publication.Tries.UNTIL_CONFIRMED);
    assertThat(runner.isIdle()).isFalse();
  }

  @Test
  void unreachableOfAPostIsPublishedOnce() {
    deliver(broker(Examples.post("x")));
    session.settleAll();
    publisher.endAll(Outcome.CONFIRMED);
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));

    assertThat(publisher.unconfirmed())
        .singleElement()
        .extracting(Publication::tries)
        .isEqualTo(Publication.Tries.ONCE);
    publisher.endAll(Outcome.UNKNOWN);
    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_AGENT_LOST);
  }

  @ParameterizedTest
  @EnumSource(
      value = Outcome.class,
      names = {"CONFIRMED", "RETURNED", "REFUSED", "NO_CONNECTION"})
  void notRunOfAPostWithAKnownOutcomeEndsTheRequest(Outcome outcome) {
    deliver(broker(Examples.post("x")));
    states.drain(targets);
    session.settleAll();

    publisher.endAll(outcome);

    assertThat(publisher.published()).hasSize(1);
    assertThat(runner.isIdle()).isTrue();
  }

  @Test
  void errorOfAGetIsPublishedUntilConfirmed() {
    deliver(broker(Examples.get("/")));
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));

    assertThat(publisher.unconfirmed().get(1).tries()).isEqualTo(Publication.Tries.UNTIL_CONFIRMED);
  }

  @Test
  void finalErrorOfAPostIsPublishedUntilConfirmed() {
    deliver(broker(Examples.post("x")));
    session.settleAll();
    http.last().end(new Result.Failed(Failure.UPSTREAM_PROTOCOL_ERROR, "incomplete response"));

    assertThat(publisher.unconfirmed().get(1).tries()).isEqualTo(Publication.Tries.UNTIL_CONFIRMED);
  }

  // The life of a request

  @Test
  void repeatableRequestIsAckedToTheBrokerAndRunAtOnce() {
    BrokerRequest request = broker(Examples.get("/x?y"));

    deliver(request);

    assertThat(publisher.published())
        .singleElement()
        .isInstanceOfSatisfying(
            BrokerRequestAck.class,
            ack -> {
              assertThat(ack.brokerReqId()).isEqualTo(request.brokerReqId());
              assertThat(ack.upstreamId()).isEqualTo(SELF);
            });
    Publication ack = publisher.unconfirmed().get(0);
    assertThat(ack.routingKey()).isEqualTo(BROKER.toString());
    assertThat(ack.expiration()).contains(2_000L);
    assertThat(http.last().url).isEqualTo("/base/x?y");
    assertThat(session.acked()).isEmpty();
    assertThat(session.settling()).isEmpty();
  }

  @Test
  void requestThatIsNotRepeatableRunsOnceItIsSettled() {
    Delivery delivery = deliver(broker(Examples.post("x")));
    assertThat(session.settling()).containsExactly(delivery);
    assertThat(publisher.published()).isEmpty();
    assertThat(http.calls).isEmpty();

    session.settleAll();

    assertThat(publisher.published()).singleElement().isInstanceOf(BrokerRequestAck.class);
    assertThat(http.calls).hasSize(1);
  }

  @Test
  void responseExpiresWithTheTimeLeft() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    passMillis(1_000);

    http.last().end(new Result.Answered(RESPONSE));

    Publication published = publisher.unconfirmed().get(1);
    BrokerRequestAck ack = (BrokerRequestAck) publisher.published().get(0);
    assertThat(published.event())
        .isEqualTo(
            new UpstreamResponse(
                CLIENT,
                request.clientReqId(),
                request.brokerReqId(),
                ack.upstreamReqId(),
                RESPONSE));
    assertThat(published.routingKey()).isEqualTo(BROKER.toString());
    assertThat(published.expiration()).contains(4_000L);
  }

  @Test
  void deliveryOfARepeatableRequestIsAckedOnceItsAnswerIsConfirmed() {
    Delivery delivery = deliver(broker(Examples.get("/")));
    http.last().end(new Result.Answered(RESPONSE));
    assertThat(session.acked()).isEmpty();

    publisher.endAll(Outcome.CONFIRMED);

    assertThat(session.acked()).containsExactly(delivery);
  }

  /**
   * The broker counts likewise: it may send the next request before RabbitMQ confirms the answer.
   */
  @Test
  void answerFreesTheSlot() {
    deliver(broker(Examples.get("/1")));
    deliver(broker(Examples.get("/2")));
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.FULL);

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(states.inFlight(orders)).isEqualTo(1);
    deliver(broker(Examples.get("/3")));
    assertThat(session.rejected()).isEmpty();
  }

  @Test
  void tooManyUnconfirmedAnswersMakeTheTargetFull() {
    for (int i = 0; i < 2 * TargetStates.MAX_UNCONFIRMED_PER_SLOT; i++) {
      assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
      deliver(broker(Examples.get("/" + i)));
      http.last().end(new Result.Answered(RESPONSE));
    }

    assertThat(states.inFlight(orders)).isZero();
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.FULL);
    Delivery third = deliver(broker(Examples.get("/3")));
    assertThat(session.rejected()).containsExactly(third);

    publisher.endAll(Outcome.CONFIRMED);

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
  }

  @Test
  void tooLargeUnconfirmedAnswersMakeTheTargetFull() {
    deliver(broker(Examples.get("/1")));
    byte[] content = new byte[(int) TargetStates.MAX_UNCONFIRMED_BYTES];
    http.last().end(new Result.Answered(new Response(200, Headers.EMPTY, Body.of(content))));

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.FULL);

    publisher.endAll(Outcome.CONFIRMED);

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
  }

  @Test
  void deliveryIsAckedWhenTheAnswerIsGivenUp() {
    Delivery delivery = deliver(broker(Examples.get("/")));
    http.last().end(new Result.Answered(RESPONSE));

    publisher.endAll(Outcome.NO_CONNECTION);

    assertThat(session.acked()).containsExactly(delivery);
    assertThat(runner.isIdle()).isTrue();
  }

  @Test
  void deliveryOfABatchIsAckedOnceAllAnswersAreConfirmed() {
    Delivery delivery = deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    http.calls.get(1).end(new Result.Answered(RESPONSE));
    publisher.endAll(Outcome.CONFIRMED);
    assertThat(session.acked()).isEmpty();

    http.calls.get(0).end(new Result.Answered(RESPONSE));
    publisher.endAll(Outcome.CONFIRMED);
    assertThat(session.acked()).containsExactly(delivery);
  }

  @Test
  void failedCallIsAnsweredWithAnUpstreamError() {
    deliver(broker(Examples.get("/")));

    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));

    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
    assertThat(lastError().message()).isEqualTo("refused");
    assertThat(lastError().hop()).isEqualTo(Hop.UPSTREAM_AGENT);
  }

  // Time

  @Test
  void callIsAbortedAtItsDeadline() {
    deliver(broker(Examples.get("/")));

    passMillis(TTL - 251);
    assertThat(http.last().aborted).isFalse();
    passMillis(1);

    assertThat(http.last().aborted).isTrue();
    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_TIMEOUT);
    assertThat(publisher.unconfirmed().get(1).expiration()).contains(250L);
  }

  @Test
  void callWithoutAConnectionInTimeIsUnreachable() {
    deliver(broker(Examples.get("/")));
    http.last().progress = Progress.NOT_SENT;

    passMillis(TTL - 250);

    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
  }

  @Test
  void shorterTimeoutOfTheTargetApplies() {
    deliver(broker(Examples.get("/"), 60_000));

    passMillis(9_999);
    assertThat(http.last().aborted).isFalse();
    passMillis(1);

    assertThat(http.last().aborted).isTrue();
  }

  @Test
  void resultOfAnAbortedCallIsDropped() {
    deliver(broker(Examples.get("/")));
    passMillis(TTL - 250);
    int published = publisher.published().size();

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(publisher.published()).hasSize(published);
  }

  @Test
  void requestWithoutTimeLeftIsNotRun() {
    deliver(broker(Examples.get("/"), 250));

    assertThat(http.calls).isEmpty();
    assertThat(lastError().failure()).isEqualTo(Failure.NOT_RUN);
  }

  @Test
  void requestThatSettlesTooLateIsNotRun() {
    deliver(broker(Examples.post("x")));
    passMillis(TTL - 100);

    session.settleAll();

    assertThat(http.calls).isEmpty();
    assertThat(lastError().failure()).isEqualTo(Failure.NOT_RUN);
  }

  @Test
  void nothingIsPublishedWithNoTimeLeft() {
    Delivery delivery = deliver(broker(Examples.get("/")));
    int published = publisher.published().size();
    now += Duration.ofMillis(TTL).toNanos(); // without a tick

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(publisher.published()).hasSize(published);
    assertThat(session.acked()).containsExactly(delivery);
  }

  // Refused requests

  @Test
  void dotSegmentsUnderABasePathAreABadRequest() {
    deliver(broker(Examples.get("/a/%2E%2e/b")));

    assertThat(http.calls).isEmpty();
    assertThat(lastError().failure()).isEqualTo(Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @CsvSource({
    "TRACE, METHOD_NOT_ALLOWED",
    "trace, METHOD_NOT_ALLOWED",
    "CONNECT, NOT_IMPLEMENTED",
    "Connect, NOT_IMPLEMENTED",
    "head, BAD_REQUEST",
    "Head, BAD_REQUEST"
  })
  void ambiguousMethodIsRefused(String method, Failure failure) {
    deliver(broker(Examples.request(method, "/", Body.ABSENT)));
    session.settleAll();

    assertRefused(failure);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host", "hOST"})
  void secondHostIsABadRequest(String name) {
    deliver(broker(withFields(field("Host", "a"), field(name, "b"))));

    assertRefused(Failure.BAD_REQUEST);
  }

  @Test
  void secondValueOfHostIsABadRequest() {
    deliver(broker(withFields(field("Host", "a", "a"))));

    assertRefused(Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length", "CONTENT-length"})
  void secondContentLengthIsABadRequest(String name) {
    deliver(broker(withFields(field("Content-Length", "5"), field(name, "5"))));

    assertRefused(Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5, 5", "+5", "-1", " 5", "5\t", "5\u000b", "0x5", "9999999999999999999"})
  void invalidContentLengthIsABadRequest(String value) {
    deliver(broker(withFields(field("Content-Length", value))));

    assertRefused(Failure.BAD_REQUEST);
  }

  @Test
  void secondValueOfContentLengthIsABadRequest() {
    deliver(broker(withFields(field("Content-Length", "5", "6"))));

    assertRefused(Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", " a", "a\t", "a,b", "a/b", "u@a", "a\\b", "a?b", "a#b", "\u00e9"})
  void invalidPreservedHostIsABadRequest(String host) {
    Target preserving = Target.of(Examples.preservingHost("http://server.example"));

    assertThatThrownBy(
            () -> RequestCheck.requireUnambiguous(withFields(field("Host", host)), preserving))
        .isInstanceOfSatisfying(
            CallRefusedException.class,
            refused -> assertThat(refused.failure()).isEqualTo(Failure.BAD_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "shop.example:8080", "[::1]:80", "xn--bcher-kva.example", "a_b"})
  void validPreservedHostIsAccepted(String host) {
    Target preserving = Target.of(Examples.preservingHost("http://server.example"));

    assertThatCode(
            () -> RequestCheck.requireUnambiguous(withFields(field("Host", host)), preserving))
        .doesNotThrowAnyException();
  }

  // Slots

  @Test
  void messageIsRejectedWhenTheTargetIsFull() {
    deliver(broker(Examples.get("/1")));
    deliver(broker(Examples.post("2"))); // settling counts

    Delivery third = deliver(broker(Examples.get("/3")));

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.FULL);
    assertThat(session.rejected()).containsExactly(third);
    assertThat(http.calls).hasSize(1);
  }

  @Test
  void batchThatDoesNotFitIsRejectedAsAWhole() {
    deliver(broker(Examples.get("/1")));

    Delivery two = deliver(broker(Examples.get("/2")), broker(Examples.get("/3")));

    assertThat(session.rejected()).containsExactly(two);
    assertThat(http.calls).hasSize(1);
    assertThat(states.inFlight(orders)).isEqualTo(1);
  }

  @Test
  void messageForAWithdrawnTargetIsRejected() {
    states.withdraw(orders);

    Delivery delivery = deliver(broker(Examples.get("/")));

    assertThat(session.rejected()).containsExactly(delivery);
  }

  // Drain

  @Test
  void messageIsRejectedWhileDraining() {
    states.drain(targets);

    Delivery delivery = deliver(broker(Examples.get("/")));

    assertThat(session.rejected()).containsExactly(delivery);
  }

  @Test
  void runningRequestIsFinishedWhileDraining() {
    deliver(broker(Examples.get("/")));
    states.drain(targets);

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(publisher.published().get(1)).isInstanceOf(UpstreamResponse.class);
  }

  @Test
  void requestThatIsSettlingWhenADrainBeginsIsNotRun() {
    deliver(broker(Examples.post("x")));
    states.drain(targets);

    session.settleAll();

    assertThat(http.calls).isEmpty();
    assertThat(lastError().failure()).isEqualTo(Failure.NOT_RUN);
  }

  @Test
  void cutOffRequestIsAnsweredWithAgentLost() {
    deliver(broker(Examples.get("/")));

    runner.cutOff(now);

    assertThat(http.last().aborted).isTrue();
    assertThat(lastError().failure()).isEqualTo(Failure.UPSTREAM_AGENT_LOST);
  }

  @Test
  void requestCutOffBeforeItWasSentIsAnsweredWithNotRun() {
    deliver(broker(Examples.get("/")));
    http.last().progress = Progress.NOT_SENT;

    runner.cutOff(now);

    assertThat(lastError().failure()).isEqualTo(Failure.NOT_RUN);
  }

  // Lost channels

  @Test
  void settlingRequestIsForgottenWhenItsChannelIsLost() {
    deliver(broker(Examples.post("x")));

    loseChannel();

    assertThat(runner.isIdle()).isTrue();
    assertThat(publisher.published()).isEmpty();
  }

  @Test
  void forgottenRequestIsRunWhenItIsRedelivered() {
    BrokerRequest request = broker(Examples.post("x"));
    deliver(request);
    loseChannel();

    deliver(request);
    session.settleAll();

    assertThat(http.calls).hasSize(1);
  }

  @Test
  void runningRequestContinuesWhenItsChannelIsLost() {
    deliver(broker(Examples.get("/")));
    loseChannel();

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(publisher.published().get(1)).isInstanceOf(UpstreamResponse.class);
  }

  @Test
  void redeliveryReplacesTheLostDelivery() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    loseChannel();

    Delivery again = deliver(request);
    http.last().end(new Result.Answered(RESPONSE));
    publisher.endAll(Outcome.CONFIRMED);

    assertThat(http.calls).hasSize(1);
    assertThat(session.acked()).containsExactly(again);
  }

  @Test
  void redeliveryReplacesTheLostDeliveryEvenWhileDraining() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    loseChannel();
    states.drain(targets);

    deliver(request);

    assertThat(session.rejected()).isEmpty();
  }

  @Test
  void redeliveryIsAckedOnceTheUnconfirmedAnswerIsConfirmed() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    http.last().end(new Result.Answered(RESPONSE));
    loseChannel();

    Delivery again = deliver(request);
    publisher.endAll(Outcome.CONFIRMED);

    assertThat(http.calls).hasSize(1);
    assertThat(session.acked()).containsExactly(again);
  }

  @Test
  void redeliveryAfterTheConfirmedAnswerIsRunAgain() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    http.last().end(new Result.Answered(RESPONSE));
    publisher.endAll(Outcome.CONFIRMED);
    loseChannel();

    deliver(request);

    assertThat(http.calls).hasSize(2);
  }

  @Test
  void lostDeliveryIsNotTaken() {
    Delivery delivery = session.delivery(KEY, BROKER.user(), broker(Examples.get("/")));
    session.loseChannel();

    runner.onRequests(delivery, orders, now);

    assertThat(http.calls).isEmpty();
    assertThat(runner.isIdle()).isTrue();
  }

  // Cancel

  @Test
  void cancelAbortsTheCallAndPublishesNoAnswer() {
    BrokerRequest request = broker(Examples.get("/"));
    Delivery delivery = deliver(request);
    int published = publisher.published().size();

    cancel(request, BROKER.user());

    assertThat(http.last().aborted).isTrue();
    assertThat(session.acked()).containsExactly(delivery);
    assertThat(publisher.published()).hasSize(published);
    assertThat(runner.isIdle()).isTrue();
  }

  @Test
  void requestCancelledWhileSettlingIsNotRun() {
    BrokerRequest request = broker(Examples.post("x"));
    deliver(request);

    cancel(request, BROKER.user());
    session.settleAll();

    assertThat(http.calls).isEmpty();
    assertThat(publisher.published()).isEmpty();
  }

  @Test
  void cancelFromAnotherUserIsIgnored() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);

    cancel(request, "mallory");

    assertThat(http.last().aborted).isFalse();
  }

  /** The ack was lost with the channel, so RabbitMQ delivers the request again. */
  @Test
  void redeliveryOfACancelledRequestIsAckedAndNotRun() {
    BrokerRequest request = broker(Examples.get("/"));
    deliver(request);
    loseChannel();
    cancel(request, BROKER.user());

    Delivery again = deliver(request);

    assertThat(session.acked()).containsExactly(again);
    assertThat(http.calls).hasSize(1);
    assertThat(runner.isIdle()).isTrue();
  }

  @Test
  void cancelBeforeItsRequestStopsOnlyThatRequest() {
    BrokerRequest request = broker(Examples.post("x"));
    BrokerRequest neighbour = broker(Examples.post("y"));
    cancel(request, BROKER.user());

    deliver(request, neighbour);
    session.settleAll();

    assertThat(http.calls).hasSize(1);
    assertThat(http.last().request.body()).isEqualTo(neighbour.request().body());
  }

  @Test
  void cancelFromAnotherUserDoesNotStopALaterRequest() {
    BrokerRequest request = broker(Examples.get("/"));
    cancel(request, "mallory");

    deliver(request);

    assertThat(http.calls).hasSize(1);
  }

  @Test
  void cancelIsForgottenAfterItsRetention() {
    BrokerRequest request = broker(Examples.get("/"));
    cancel(request, BROKER.user());
    passMillis(CancelledRequests.RETENTION.toMillis());

    deliver(request);

    assertThat(http.calls).hasSize(1);
  }

  @Test
  void numberOfRememberedCancelsIsLimited() {
    CancelledRequests cancelled = new CancelledRequests();
    for (int i = 0; i <= CancelledRequests.MAX_ENTRIES; i++) {
      cancelled.add(new BrokerCancel(BROKER, UUID.randomUUID(), UUID.randomUUID()), now);
    }

    assertThat(cancelled.size()).isEqualTo(CancelledRequests.MAX_ENTRIES);
  }

  // Messages that no correct broker sends

  @Test
  void messageForAnotherTargetThanThatOfItsKeyIsDiscarded() {
    Request other = new Request("billing", "GET", "/", Headers.EMPTY, Body.ABSENT);

    assertDiscarded(deliver(broker(other)));
  }

  @Test
  void messageFromAnotherUserThanThatOfItsBrokerIsDiscarded() {
    Delivery delivery = session.delivery(KEY, "mallory", broker(Examples.get("/")));
    runner.onRequests(delivery, orders, now);

    assertDiscarded(delivery);
  }

  @Test
  void messageWithADuplicateRequestIsDiscarded() {
    BrokerRequest request = broker(Examples.get("/"));

    assertDiscarded(deliver(request, request));
  }

  @Test
  void settledRequestIsNotRunAgain() {
    BrokerRequest request = broker(Examples.post("x"));
    deliver(request);
    session.settleAll();

    Delivery again = deliver(request);

    assertThat(session.discarded()).containsExactly(entry(again, DiscardReason.WRONG_SENDER));
    assertThat(http.calls).hasSize(1);
  }

  private void assertDiscarded(Delivery delivery) {
    assertThat(session.discarded()).containsExactly(entry(delivery, DiscardReason.WRONG_SENDER));
    assertThat(session.acked()).isEmpty();
    assertThat(http.calls).isEmpty();
    assertThat(publisher.published()).isEmpty();
  }

  // Fixture

  private void assertRefused(Failure failure) {
    assertThat(http.calls).isEmpty();
    assertThat(lastError().failure()).isEqualTo(failure);
    assertThat(lastError().hop()).isEqualTo(Hop.UPSTREAM_AGENT);
  }

  private static Headers.Field field(String name, String... values) {
    return new Headers.Field(name, List.of(values));
  }

  private static Request withFields(Headers.Field... fields) {
    return Examples.withHeaders(Examples.get("/"), Headers.of(List.of(fields)));
  }

  private static BrokerRequest broker(Request request) {
    return broker(request, TTL);
  }

  private static BrokerRequest broker(Request request, long ttl) {
    return new BrokerRequest(
        CLIENT, UUID.randomUUID(), ttl, BROKER, UUID.randomUUID(), ttl, request);
  }

  private Delivery deliver(Event... events) {
    Delivery delivery = session.delivery(KEY, BROKER.user(), events);
    runner.onRequests(delivery, orders, now);
    return delivery;
  }

  private void cancel(BrokerRequest request, String user) {
    runner.onCancel(
        new BrokerCancel(BROKER, request.clientReqId(), request.brokerReqId()), user, now);
  }

  private void loseChannel() {
    session = session.loseChannel();
    runner.onConsumingLost();
  }

  private void passMillis(long millis) {
    now += Duration.ofMillis(millis).toNanos();
    runner.onTick(now);
  }

  private EventError lastError() {
    Event last = publisher.published().get(publisher.published().size() - 1);
    assertThat(last).isInstanceOf(UpstreamError.class);
    return ((UpstreamError) last).error();
  }
}
