package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.core.SequentialRandom;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.SessionState;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Handling of deliveries and of the router's effects by the loop. */
class BrokerLoopTest {

  private static final ProcessId BROKER = new ProcessId("broker", "b-aaaaaa");
  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final UUID REQUEST_1 = new UUID(1, 1);
  private static final UUID REQUEST_2 = new UUID(1, 2);
  private static final Duration ACK_TIMEOUT = Duration.ofSeconds(2);

  private final FakeSession session = new FakeSession();
  private final FakeChannel channel = new FakeChannel();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Router router =
      new Router(
          BROKER,
          new RouterLimits(
              Duration.ofSeconds(10),
              ACK_TIMEOUT,
              Duration.ofSeconds(25),
              100,
              1 << 20,
              new WaitingLimits(10, 10),
              new ShareRule(0.5, 32),
              3,
              new AgentLimits(10, 20, OutlierDetection.OFF)),
          this::newId,
          new SequentialRandom(),
          (request, dispatch, from, to, why) -> {});
  private boolean bug;
  private long now = System.nanoTime();
  private final BrokerLoop loop =
      new BrokerLoop(
          router,
          new BrokerLoop.Ports(
              session,
              new EnvelopeCheck(Set.of("broker", "broker-2")),
              new BrokerMessages(BROKER, ACK_TIMEOUT, "1"),
              new Intake(new Intake.Limits(2_000, 12, 10)),
              new BrokerMetrics(registry, router.view().stats()),
              new StatusBoard(snapshot -> {}),
              new Captures(InspectConfig.OFF),
              new EndedRequests(request -> {}),
              () -> now));
  private final FairTime fairTime = new FairTime(ACK_TIMEOUT, session, loop, now);

  private UUID newId() {
    if (bug) {
      bug = false;
      throw new IllegalStateException("a bug, for this test");
    }
    return UUID.randomUUID();
  }

  @Test
  void bugInOneRequestFailsNoOtherOfItsBatch() {
    heartbeat();
    bug = true;

    Delivery batch = request("GET", 10_000, REQUEST_1, REQUEST_2);

    assertThat(((BrokerRequest) session.only(EventType.BROKER_REQUEST).event()).clientReqId())
        .isEqualTo(REQUEST_2);
    response(Origin.SENT, dispatchOf(REQUEST_2));
    session.complete(EventType.BROKER_RESPONSE, Outcome.CONFIRMED);
    assertThat(channel.acked()).contains(batch);
  }

  /**
   * The session may have taken the publication. The outcome {@code NOT_WRITTEN} would make the
   * router dispatch the request again at once.
   */
  @Test
  void dispatchThatThrowsHasAnUnknownOutcome() {
    request("GET", 60_000, REQUEST_1);
    session.complete(EventType.CLIENT_REQUEST_ACK, Outcome.CONFIRMED);
    session.failOnce();
    heartbeat();
    assertThat(session.all(EventType.BROKER_REQUEST)).hasSize(1);

    tickAfter(ACK_TIMEOUT.multipliedBy(2).minusMillis(1));
    heartbeat();
    assertThat(session.all(EventType.BROKER_REQUEST)).hasSize(1);

    tickAfter(Duration.ofMillis(1));
    heartbeat();
    assertThat(session.all(EventType.BROKER_REQUEST)).as("after its check").hasSize(2);
  }

  @Test
  void helloIsPublishedOnceConsuming() {
    loop.onConsuming();

    assertThat(session.only(EventType.BROKER_HELLO).event())
        .isEqualTo(new BrokerHello(BROKER, "1"));
  }

  @Test
  void helloIsRepeatedUntilAHeartbeatComes() {
    loop.onConsuming();
    tickAfter(Duration.ofMillis(250));
    assertThat(session.all(EventType.BROKER_HELLO)).hasSize(2);

    heartbeat();
    tickAfter(Duration.ofSeconds(10));
    assertThat(session.all(EventType.BROKER_HELLO)).hasSize(2);
  }

  @Test
  void requestsAreConsumedOnceAnAgentIsKnown() {
    loop.onConsuming();
    assertThat(session.consumed()).isEmpty();
    assertThat(loop.consumption()).isEqualTo(Intake.State.STARTING);
    assertThat(consuming()).isZero();

    heartbeat();

    assertThat(session.consumed()).containsExactly("orphan 20", "client_request 12");
    assertThat(loop.consumption()).isEqualTo(Intake.State.OPEN);
    assertThat(consuming()).isEqualTo(1);
  }

  @Test
  void withoutAnAgentRequestsAreConsumedAfterASecond() {
    loop.onConsuming();
    tickAfter(Duration.ofMillis(999));
    assertThat(session.consumed()).isEmpty();
    assertThat(loop.nanosToNextTick(now)).isEqualTo(Loop.TICK.toNanos());

    tickAfter(Duration.ofMillis(1));
    assertThat(session.consumed()).containsExactly("orphan 20", "client_request 12");
  }

  /** Only an authentic heartbeat makes a broker assume that it knows its agents. */
  @Test
  void forgedHeartbeatDoesNotStartTheConsumption() {
    loop.onConsuming();
    deliver(
        Origin.SENT,
        "orders.plant.a-aaaaaa",
        "evil",
        new UpstreamHeartbeat(AGENT, "orders", AgentState.READY, 10, 0, 2_000, "1"));

    assertThat(session.consumed()).isEmpty();
  }

  @Test
  void fullBrokerPausesConsumptionUntilItHasRoom() {
    loop.onConsuming();
    heartbeat();
    session.consumed().clear();
    for (int i = 0; i < 10; i++) {
      request("GET", 10_000, new UUID(2, i));
    }
    assertThat(session.consumed()).isEmpty();

    request("GET", 10_000, REQUEST_1, REQUEST_2);

    assertThat(session.consumed()).containsExactly("client_request 0");
    assertThat(loop.consumption()).isEqualTo(Intake.State.FULL);
    assertThat(consuming()).isZero();
    tickAfter(Duration.ofMillis(50));
    assertThat(session.consumed()).hasSize(1);
    response(Origin.SENT, dispatchOf(new UUID(2, 0)));
    tickAfter(Duration.ofMillis(50));
    assertThat(session.consumed()).containsExactly("client_request 0", "client_request 1");
    assertThat(consuming()).isEqualTo(1);
  }

  @Test
  void drainingBrokerConsumesNoSharedQueue() {
    loop.onConsuming();
    loop.beginDrain();
    heartbeat();
    tickAfter(Duration.ofSeconds(2));

    assertThat(session.consumed()).isEmpty();
    assertThat(loop.consumption()).isEqualTo(Intake.State.DRAINING);
  }

  @Test
  void consumptionRestartsAfterTheChannelIsLost() {
    loop.onConsuming();
    heartbeat();
    loop.onConsumingLost();
    assertThat(consuming()).isZero();
    assertThat(loop.consumption()).isEqualTo(Intake.State.CLOSED);
    session.consumed().clear();

    loop.onConsuming();
    heartbeat();
    assertThat(session.consumed()).containsExactly("orphan 20", "client_request 12");
  }

  private double consuming() {
    return registry.get("longcut.broker.consuming").gauge().value();
  }

  @Test
  void requestIsAckedToItsClientAgentAndDispatchedToTheAgent() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);

    Publication ack = session.only(EventType.CLIENT_REQUEST_ACK);
    assertThat(ack.routingKey()).isEqualTo("acme.c-aaaaaa");
    assertThat(ack.expiration()).contains(10_000L);
    Publication dispatch = session.only(EventType.BROKER_REQUEST);
    assertThat(dispatch.routingKey()).isEqualTo("orders.plant.a-aaaaaa");
    assertThat(dispatch.expiration()).contains(2_000L);
    assertThat(dispatch.batching()).isEqualTo(Batching.REPEATABLE);
  }

  @Test
  void requestWithAShortExpirationIsNotBatched() {
    heartbeat();
    request("GET", 1_000, REQUEST_1);

    Publication dispatch = session.only(EventType.BROKER_REQUEST);
    assertThat(dispatch.expiration()).contains(750L);
    assertThat(dispatch.batching()).isEqualTo(Batching.ALONE);
  }

  @Test
  void requestThatIsNotRepeatableIsSettledFirst() {
    heartbeat();
    request("POST", 10_000, REQUEST_1);
    assertThat(session.all(EventType.BROKER_REQUEST)).isEmpty();

    channel.answerFence();
    assertThat(session.only(EventType.BROKER_REQUEST).batching())
        .isEqualTo(Batching.NOT_REPEATABLE);
  }

  /** A delivery may wait for the outcome of an answer long after its request has ended. */
  @Test
  void deliveryDoesNotHoldTheContentOfItsRequests() {
    Delivery delivery = request("GET", 10_000, REQUEST_1);

    assertThat(delivery.events()).isEmpty();
    assertThat(router.view().stats().requests().waiting()).isEqualTo(1);
  }

  /**
   * A quorum queue redelivers a request in doubt. The broker that had it before may have run it.
   */
  @Test
  void requestInDoubtIsRejectedUnlessItIsRepeatable() {
    heartbeat();
    Delivery post =
        deliver(
            Origin.IN_DOUBT,
            "orders.acme.c-aaaaaa",
            "acme",
            clientRequest("POST", 10_000, REQUEST_1));
    channel.answerFence();
    assertThat(channel.rejected()).containsExactly(post);
    assertThat(session.all(EventType.BROKER_REQUEST)).isEmpty();

    deliver(
        Origin.IN_DOUBT, "orders.acme.c-aaaaaa", "acme", clientRequest("GET", 10_000, REQUEST_2));
    assertThat(session.all(EventType.BROKER_REQUEST)).hasSize(1);
    assertThat(registry.get("longcut.broker.requests.redelivered").counter().count()).isEqualTo(2);
  }

  @Test
  void repeatableRequestAndItsResponseAreAckedWhenTheAnswerIsConfirmed() {
    heartbeat();
    Delivery request = request("GET", 10_000, REQUEST_1);
    Delivery response = response(Origin.SENT, dispatchOf(REQUEST_1));
    assertThat(channel.acked()).doesNotContain(request, response);

    assertThat(session.only(EventType.BROKER_RESPONSE).expiration()).contains(10_000L);
    session.complete(EventType.BROKER_RESPONSE, Outcome.CONFIRMED);
    assertThat(channel.acked()).contains(request, response);
  }

  @Test
  void batchIsAckedWhenAllItsRequestsAreAnswered() {
    heartbeat();
    Delivery batch = request("GET", 10_000, REQUEST_1, REQUEST_2);
    response(Origin.SENT, dispatchOf(REQUEST_1));
    session.complete(EventType.BROKER_RESPONSE, Outcome.CONFIRMED);
    assertThat(channel.acked()).doesNotContain(batch);

    response(Origin.SENT, dispatchOf(REQUEST_2));
    session.complete(EventType.BROKER_RESPONSE, Outcome.RETURNED);
    assertThat(channel.acked()).contains(batch);
  }

  @Test
  void requestOfAReturnedDispatchWaitsAgain() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    session.complete(EventType.BROKER_REQUEST, Outcome.RETURNED);

    assertThat(router.view().stats().requests().waiting()).isEqualTo(1);
  }

  @Test
  void blockedDispatchIsRepeatedOnceRabbitMqTakesPublications() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    session.state(new SessionState(true, true, true));
    session.complete(EventType.BROKER_REQUEST, Outcome.BLOCKED);
    fairTime.onTick(now);
    assertThat(session.all(EventType.BROKER_REQUEST)).isEmpty();

    session.state(new SessionState(true, true, false));
    fairTime.onTick(now);
    assertThat(session.all(EventType.BROKER_REQUEST)).hasSize(1);
  }

  @Test
  void deadLetterIsSettledBeforeTheRouterHandlesIt() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    BrokerRequest dispatch = dispatchOf(REQUEST_1);
    session.complete(EventType.BROKER_REQUEST, Outcome.CONFIRMED);
    deliver(Origin.REJECTED, "orders.plant.a-aaaaaa", "broker", dispatch);
    assertThat(router.view().stats().requests().dispatched()).isEqualTo(1);

    channel.answerFence();
    assertThat(router.view().stats().requests().waiting()).isEqualTo(1);
    heartbeat(); // the agent counted as full until now; the rejection cost no attempt
    assertThat(session.all(EventType.BROKER_REQUEST)).hasSize(1);
  }

  @Test
  void errorIsSettledBeforeTheRouterHandlesIt() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    deliver(Origin.SENT, BROKER.toString(), "plant", error(dispatchOf(REQUEST_1)));
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();

    channel.answerFence();
    BrokerError error = (BrokerError) session.only(EventType.BROKER_ERROR).event();
    assertThat(error.error().failure()).isEqualTo(Failure.UPSTREAM_TIMEOUT);
    assertThat(session.only(EventType.BROKER_ERROR).isOrphaned()).isFalse();
  }

  @Test
  void orphanedResponseIsForwardedAndThenAcked() {
    Delivery response = response(Origin.ORPHANED, dispatchOfAnotherBroker());
    assertThat(
            registry
                .get("longcut.broker.orphans")
                .tag("event", "upstream_response")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(session.only(EventType.BROKER_RESPONSE).routingKey()).isEqualTo("acme.c-aaaaaa");
    assertThat(channel.acked()).isEmpty();

    session.complete(EventType.BROKER_RESPONSE, Outcome.CONFIRMED);
    assertThat(channel.acked()).containsExactly(response);
  }

  @Test
  void orphanedErrorIsForwardedWithTheOrphanMark() {
    deliver(Origin.ORPHANED, "broker.gone-aaaaaa", "plant", error(dispatchOfAnotherBroker()));
    channel.answerFence();

    Publication forwarded = session.only(EventType.BROKER_ERROR);
    assertThat(forwarded.isOrphaned()).isTrue();
    assertThat(((BrokerError) forwarded.event()).orphanOf())
        .contains(ProcessId.parse("broker.gone-aaaaaa"));
  }

  @Test
  void orphanedErrorWithoutABrokerIdInItsKeyIsDiscarded() {
    assertDiscarded(deliver(Origin.ORPHANED, "broker", "plant", error(dispatchOfAnotherBroker())));
  }

  @Test
  void orphanedRequestIsSettledAndAnsweredNotRun() {
    deliver(Origin.ORPHANED, "orders.plant.a-aaaaaa", "broker", dispatchOfAnotherBroker());
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();

    channel.answerFence();
    Publication publication = session.only(EventType.BROKER_ERROR);
    assertThat(publication.isOrphaned()).isTrue();
    assertThat(((BrokerError) publication.event()).error().failure()).isEqualTo(Failure.NOT_RUN);
  }

  /** Another broker may have answered {@code not_run} already, and the request may run again. */
  @Test
  void orphanInDoubtIsNotAnsweredNotRun() {
    deliver(Origin.ORPHANED_IN_DOUBT, "orders.plant.a-aaaaaa", "broker", dispatchOfAnotherBroker());
    UpstreamError notRun =
        new UpstreamError(
            CLIENT,
            REQUEST_1,
            REQUEST_1,
            REQUEST_1,
            new EventError(Failure.NOT_RUN, "it drains", Hop.UPSTREAM_AGENT));
    deliver(Origin.ORPHANED_IN_DOUBT, "broker.gone-aaaaaa", "plant", notRun);
    channel.answerFence();
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();

    deliver(
        Origin.ORPHANED_IN_DOUBT, "broker.gone-aaaaaa", "plant", error(dispatchOfAnotherBroker()));
    channel.answerFence();
    assertThat(session.all(EventType.BROKER_ERROR)).hasSize(1);
    assertThat(response(Origin.ORPHANED_IN_DOUBT, dispatchOfAnotherBroker())).isNotNull();
    assertThat(session.all(EventType.BROKER_RESPONSE)).hasSize(1);
  }

  @Test
  void orphanedAckOfAnotherBrokersDispatchIsDropped() {
    BrokerRequestAck ack = new BrokerRequestAck(REQUEST_1, REQUEST_1, AGENT);
    Delivery delivery = deliver(Origin.ORPHANED, "broker.gone-aaaaaa", "plant", ack);

    assertThat(channel.acked()).containsExactly(delivery);
  }

  /** Without the ack the broker would answer {@code upstream_ack_timeout} at the check. */
  @Test
  void orphanedAckOfAnOwnDispatchCounts() {
    heartbeat();
    request("POST", 10_000, REQUEST_1);
    channel.answerFence();
    UUID dispatch = dispatchOf(REQUEST_1).brokerReqId();
    session.complete(EventType.BROKER_REQUEST, Outcome.CONFIRMED);

    deliver(
        Origin.ORPHANED,
        BROKER.toString(),
        "plant",
        new BrokerRequestAck(dispatch, REQUEST_2, AGENT));

    assertThat(router.view().stats().requests().running()).isEqualTo(1);
  }

  /** An agent can make RabbitMQ dead-letter the agent's own message to a broker. */
  @Test
  void deadLetterThatNoBrokerPublishedIsDiscarded() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    BrokerRequest dispatch = dispatchOf(REQUEST_1);
    session.complete(EventType.BROKER_REQUEST, Outcome.CONFIRMED);

    for (Origin origin : List.of(Origin.EXPIRED, Origin.REJECTED, Origin.ORPHANED)) {
      deliver(origin, "orders.plant.a-aaaaaa", "plant", dispatch);
      deliver(origin, "orders.plant.a-aaaaaa", "plant", dispatchOfAnotherBroker());
    }

    assertThat(channel.discarded()).hasSize(6).containsValue(DiscardReason.WRONG_SENDER);
    assertThat(router.view().stats().requests().dispatched()).isEqualTo(1);
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();
  }

  @Test
  void orphanedDispatchOfAnotherBrokerIsAnswered() {
    deliver(Origin.ORPHANED, "orders.plant.a-aaaaaa", "broker-2", dispatchOfAnotherBroker());
    channel.answerFence();

    assertThat(session.only(EventType.BROKER_ERROR).isOrphaned()).isTrue();
  }

  @Test
  void requestInTheNameOfAnotherIsDiscarded() {
    ClientRequest request = clientRequest("GET", 10_000, REQUEST_1);
    assertDiscarded(deliver(Origin.SENT, "orders.acme.c-aaaaaa", "evil", request));
    assertDiscarded(deliver(Origin.SENT, "orders.evil.c-aaaaaa", "evil", request));
    assertDiscarded(deliver(Origin.SENT, "billing.acme.c-aaaaaa", "acme", request));
    assertThat(session.all(EventType.CLIENT_REQUEST_ACK)).isEmpty();
  }

  @Test
  void heartbeatOfAnotherUserOrTargetIsDiscarded() {
    UpstreamHeartbeat heartbeat =
        new UpstreamHeartbeat(AGENT, "orders", AgentState.READY, 10, 0, 2_000, "1");
    assertDiscarded(deliver(Origin.SENT, "orders.plant.a-aaaaaa", "evil", heartbeat));
    assertDiscarded(deliver(Origin.SENT, "orders.evil.a-aaaaaa", "evil", heartbeat));
    assertDiscarded(deliver(Origin.SENT, "billing.plant.a-aaaaaa", "plant", heartbeat));
    assertThat(router.view().stats().agents()).isZero();
  }

  @Test
  void ackAndCancelInTheNameOfAnotherAreDiscarded() {
    assertDiscarded(
        deliver(
            Origin.SENT,
            BROKER.toString(),
            "evil",
            new BrokerRequestAck(REQUEST_1, REQUEST_1, AGENT)));
    assertDiscarded(
        deliver(
            Origin.SENT,
            BROKER.toString(),
            "evil",
            new ClientCancel(CLIENT, REQUEST_1, REQUEST_1)));
  }

  @Test
  void dispatchPublishedToABrokerIsDiscarded() {
    assertDiscarded(deliver(Origin.SENT, BROKER.toString(), "plant", dispatchOfAnotherBroker()));
  }

  @Test
  void timeWithoutRabbitMqDoesNotCountForTheWaitTimeout() {
    fairTime.onTick(now);
    request("GET", 60_000, REQUEST_1);
    session.state(new SessionState(false, true, false));
    tickAfter(Duration.ofSeconds(9));
    session.state(new SessionState(true, true, false));
    tickAfter(Duration.ofMillis(9_999));
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();

    tickAfter(Duration.ofMillis(1));
    assertThat(session.all(EventType.BROKER_ERROR)).hasSize(1);
  }

  @Test
  void suspendedTimeDoesNotCountForTheWaitTimeout() {
    fairTime.onTick(now);
    request("GET", 60_000, REQUEST_1);
    fairTime.onSuspended(Duration.ofSeconds(9).toNanos());
    tickAfter(Duration.ofMillis(18_999));
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();

    tickAfter(Duration.ofMillis(1));
    assertThat(session.all(EventType.BROKER_ERROR)).hasSize(1);
  }

  @Test
  void suspensionOverTheAckTimeoutReopensTheConsumingChannel() {
    fairTime.onSuspended(ACK_TIMEOUT.toNanos());
    assertThat(session.reopened()).isEmpty();

    fairTime.onSuspended(ACK_TIMEOUT.toNanos() + 1);
    assertThat(session.reopened()).hasSize(1);
  }

  @Test
  void lostDeliveriesAreForgottenAndNeverAcked() {
    heartbeat();
    request("GET", 10_000, REQUEST_1);
    channel.lose();
    loop.onConsumingLost();

    assertThat(router.isIdle()).isTrue();
    assertThat(channel.acked()).hasSize(1); // the heartbeat
  }

  @Test
  void idleBrokerIsDrainedOnlyOnceItsDrainHasBegun() {
    fairTime.onTick(now);
    assertThat(loop.isDrained()).isFalse();

    loop.beginDrain();
    fairTime.onTick(now);
    assertThat(loop.isDrained()).isTrue();
  }

  @Test
  void drainedWhenTheLastAnswerHasItsOutcome() {
    request("GET", 10_000, REQUEST_1);
    loop.beginDrain();
    fairTime.onTick(now);
    assertThat(loop.isDrained()).isFalse();
    assertThat(loop.inFlight()).as("an answer without an outcome").isEqualTo(1);

    session.complete(EventType.BROKER_ERROR, Outcome.CONFIRMED);
    fairTime.onTick(now);
    assertThat(loop.isDrained()).isTrue();
    assertThat(loop.inFlight()).isZero();
  }

  @Test
  void metricsShowHeldAndAnsweredRequests() {
    request("GET", 10_000, REQUEST_1);
    fairTime.onTick(now);
    assertThat(registry.get("longcut.broker.requests").tag("state", "waiting").gauge().value())
        .isEqualTo(1);

    loop.beginDrain();
    assertThat(registry.get("longcut.broker.answers").tag("outcome", "not_run").counter().count())
        .isEqualTo(1);
  }

  private void assertDiscarded(Delivery delivery) {
    assertThat(channel.discarded()).containsEntry(delivery, DiscardReason.WRONG_SENDER);
  }

  private void tickAfter(Duration passed) {
    now += passed.toNanos();
    fairTime.onTick(now);
  }

  private Delivery deliver(Origin origin, String routingKey, String user, Event... events) {
    Delivery delivery = channel.deliver(origin, routingKey, user, events);
    loop.onDelivery(delivery);
    return delivery;
  }

  private void heartbeat() {
    deliver(
        Origin.SENT,
        "orders.plant.a-aaaaaa",
        "plant",
        new UpstreamHeartbeat(AGENT, "orders", AgentState.READY, 10, 0, 2_000, "1"));
  }

  private Delivery request(String method, long ttl, UUID... ids) {
    Event[] requests = new Event[ids.length];
    for (int i = 0; i < ids.length; i++) {
      requests[i] = clientRequest(method, ttl, ids[i]);
    }
    return deliver(Origin.SENT, "orders.acme.c-aaaaaa", "acme", requests);
  }

  private static ClientRequest clientRequest(String method, long ttl, UUID id) {
    return new ClientRequest(CLIENT, id, ttl, http(method));
  }

  private static Request http(String method) {
    return new Request("orders", method, "/", Headers.EMPTY, Body.ABSENT);
  }

  /** Returns the dispatch of the request. */
  private BrokerRequest dispatchOf(UUID clientReqId) {
    return session.all(EventType.BROKER_REQUEST).stream()
        .map(publication -> (BrokerRequest) publication.event())
        .filter(request -> request.clientReqId().equals(clientReqId))
        .findFirst()
        .orElseThrow();
  }

  /** Returns a dispatch of another broker. */
  private static BrokerRequest dispatchOfAnotherBroker() {
    ProcessId other = new ProcessId("broker", "gone-aaaaaa");
    return new BrokerRequest(CLIENT, REQUEST_1, 10_000, other, new UUID(9, 9), 9_750, http("POST"));
  }

  private Delivery response(Origin origin, BrokerRequest dispatch) {
    return deliver(
        origin,
        dispatch.brokerId().toString(),
        "plant",
        new UpstreamResponse(
            CLIENT,
            dispatch.clientReqId(),
            dispatch.brokerReqId(),
            new UUID(3, 3),
            new Response(200, Headers.EMPTY, Body.ABSENT)));
  }

  private static UpstreamError error(BrokerRequest dispatch) {
    return new UpstreamError(
        CLIENT,
        dispatch.clientReqId(),
        dispatch.brokerReqId(),
        new UUID(3, 3),
        new EventError(Failure.UPSTREAM_TIMEOUT, "too slow", Hop.UPSTREAM_AGENT));
  }
}
