package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.Journal;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.ReplayId;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.core.SequentialRandom;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.broker.inspect.CapturedJson;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.broker.inspect.ReplayDesk;
import io.github.httplongcut.broker.inspect.ReplayStart;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
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
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Requests that the broker makes itself, and the capture of exchanges. */
class BrokerReplayTest {

  private static final ProcessId BROKER = new ProcessId("broker", "b-aaaaaa");
  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final UUID REPLAY = ReplayId.of(new UUID(1, 1));
  private static final UUID REQUEST = UUID.randomUUID();
  private static final Duration ACK_TIMEOUT = Duration.ofSeconds(2);

  private final FakeSession session = new FakeSession();
  private final FakeChannel channel = new FakeChannel();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Captures captures =
      new Captures(new InspectConfig(true, true, 1 << 20, 1 << 10, List.of()));
  private final List<RequestRecord> ended = new ArrayList<>();

  /** The exchange as a page showed it at the moment at which the request was over for pages. */
  private String shownAtTheEnd = "";

  private final EndedRequests endedRequests =
      new EndedRequests(
          record -> {
            shownAtTheEnd = shown(record.subject().clientReqId());
            ended.add(record);
          });
  private final Router router =
      new Router(
          BROKER,
          new RouterLimits(
              Duration.ofSeconds(10),
              ACK_TIMEOUT,
              Duration.ofSeconds(25),
              100,
              1 << 20,
              new WaitingLimits(20, 20),
              new ShareRule(0.5, 32),
              3,
              new AgentLimits(10, 20, OutlierDetection.OFF)),
          UUID::randomUUID,
          new SequentialRandom(),
          new Journal() {
            @Override
            public void moved(UUID request, UUID dispatch, String from, String to, String why) {}

            @Override
            public void ended(RequestRecord record) {
              endedRequests.add(record);
            }
          });
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
              captures,
              endedRequests,
              () -> now));
  private final FairTime fairTime = new FairTime(ACK_TIMEOUT, session, loop, now);

  @Test
  void replayIsDispatchedAtOnceAndItsAnswerIsOnlyCaptured() {
    heartbeat();
    assertThat(replay("POST", REPLAY)).isEqualTo(ReplayStart.STARTED);

    BrokerRequest dispatch = (BrokerRequest) session.only(EventType.BROKER_REQUEST).event();
    assertThat(dispatch.clientId()).isEqualTo(BROKER);
    assertThat(dispatch.clientReqId()).isEqualTo(REPLAY);
    Delivery response = response(Origin.SENT, dispatch);

    assertThat(session.all(EventType.CLIENT_REQUEST_ACK)).isEmpty();
    assertThat(session.all(EventType.BROKER_RESPONSE)).isEmpty();
    assertThat(channel.acked()).contains(response);
    assertThat(router.isIdle()).isTrue();
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("answered");
    assertThat(shown(REPLAY)).contains("\"request\":{").contains("\"status\":201");
  }

  @Test
  void errorOfAReplayIsInItsAccountOnly() {
    heartbeat();
    replay("POST", REPLAY);
    BrokerRequest dispatch = (BrokerRequest) session.only(EventType.BROKER_REQUEST).event();
    deliver(Origin.SENT, BROKER.toString(), "plant", error(dispatch, Failure.UPSTREAM_TIMEOUT));
    channel.answerFence();

    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("upstream_timeout");
    assertThat(shown(REPLAY)).doesNotContain("response");
  }

  /** The fate of the dispatch is unknown: rule 1 forbids a second one. */
  @Test
  void replayThatIsNotRepeatableRunsAtMostOnce() {
    heartbeat();
    replay("POST", REPLAY);
    session.complete(EventType.BROKER_REQUEST, Outcome.UNKNOWN);
    tickAfter(ACK_TIMEOUT.multipliedBy(2));
    heartbeat();

    assertThat(session.all(EventType.BROKER_REQUEST)).isEmpty();
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("upstream_ack_timeout");
  }

  @Test
  void replayWithoutAnAgentWaitsAndFails() {
    fairTime.onTick(now);
    replay("GET", REPLAY);
    assertThat(router.view().stats().requests().waiting()).isEqualTo(1);

    tickAfter(Duration.ofSeconds(10));
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("no_upstream_agent");
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();
  }

  @Test
  void replaysInFlightAreLimited() {
    for (int i = 0; i < ReplayDesk.MAX_IN_FLIGHT; i++) {
      assertThat(replay("GET", ReplayId.of(new UUID(5, i)))).isEqualTo(ReplayStart.STARTED);
    }
    assertThat(replay("GET", REPLAY)).isEqualTo(ReplayStart.FULL);

    heartbeat();
    response(Origin.SENT, (BrokerRequest) session.all(EventType.BROKER_REQUEST).get(0).event());
    assertThat(replay("GET", REPLAY)).isEqualTo(ReplayStart.STARTED);
    assertThat(replay("GET", ReplayId.of(new UUID(6, 6)))).isEqualTo(ReplayStart.FULL);
  }

  @Test
  void drainingBrokerEndsWaitingReplaysAndStartsNone() {
    replay("GET", REPLAY);
    loop.beginDrain();
    fairTime.onTick(now);

    assertThat(loop.isDrained()).isTrue();
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("not_run");
    assertThat(replay("GET", ReplayId.of(new UUID(6, 6)))).isEqualTo(ReplayStart.DRAINING);
  }

  /** RabbitMQ redelivers no replay, so the broker keeps it. */
  @Test
  void replaySurvivesTheLossOfTheConsumingConnection() {
    heartbeat();
    replay("GET", REPLAY);
    loop.onConsumingLost();
    assertThat(router.isIdle()).isFalse();

    response(Origin.SENT, (BrokerRequest) session.only(EventType.BROKER_REQUEST).event());
    assertThat(shown(REPLAY)).contains("\"status\":201");
  }

  @Test
  void replayAtAnAgentIsLostWithTheInboxAndItsAnswerIsDropped() {
    heartbeat();
    replay("GET", REPLAY);
    loop.onInboxReplaced(new ProcessId("broker", "b-bbbbbb"));
    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("lost");

    BrokerRequest dispatch = (BrokerRequest) session.only(EventType.BROKER_REQUEST).event();
    assertThat(channel.acked()).contains(response(Origin.ORPHANED, dispatch));
    assertDropped(1);
  }

  @Test
  void answersToReplaysOfABrokerThatIsGoneAreDropped() {
    BrokerRequest dispatch =
        new BrokerRequest(
            BROKER, REPLAY, 10_000, new ProcessId("broker-2", "x-aaaaaa"), REQUEST, 9_000, http());
    Delivery orphan = response(Origin.ORPHANED, dispatch);
    Delivery late = response(Origin.SENT, dispatch);
    assertThat(channel.acked()).containsExactly(orphan, late);
    assertDropped(2);
    UpstreamError error = error(dispatch, Failure.UPSTREAM_TIMEOUT);
    deliver(Origin.ORPHANED, "broker-2.x-aaaaaa", "plant", error);
    channel.answerFence();
    assertDropped(3);
    deliver(Origin.ORPHANED, "orders.plant.a-aaaaaa", "broker-2", dispatch);
    channel.answerFence();
    assertDropped(4);
  }

  @Test
  void replayMakesTheBrokerNoClientAgent() {
    replay("GET", REPLAY);
    request();

    assertThat(router.view().status(now).clients())
        .extracting(client -> client.id().toString())
        .containsExactly(CLIENT.toString());
  }

  @Test
  void exchangesOfClientAgentsAreCaptured() {
    heartbeat();
    request();
    assertThat(shown(REQUEST)).contains("\"url\":\"/a?token=").doesNotContain("S3CR3T");

    response(Origin.SENT, (BrokerRequest) session.only(EventType.BROKER_REQUEST).event());
    assertThat(session.all(EventType.BROKER_RESPONSE)).hasSize(1);
    assertThat(shown(REQUEST)).contains("\"status\":201");
  }

  /** A page that polls until the request is over asks no second time for the response. */
  @Test
  void requestIsOverForPagesOnlyOnceItsResponseIsCaptured() {
    heartbeat();
    request();

    response(Origin.SENT, (BrokerRequest) session.only(EventType.BROKER_REQUEST).event());

    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("answered");
    assertThat(shownAtTheEnd).contains("\"status\":201");
  }

  @Test
  void requestIsOverForPagesAlsoIfThePublicationThrows() {
    heartbeat();
    request();
    BrokerRequest dispatch = (BrokerRequest) session.only(EventType.BROKER_REQUEST).event();
    session.failOnce();

    response(Origin.SENT, dispatch);

    assertThat(ended).extracting(RequestRecord::outcome).containsExactly("answered");
    assertThat(shownAtTheEnd).contains("\"status\":201");
  }

  @Test
  void everyEndedRequestIsPublishedOnce() {
    fairTime.onTick(now);
    replay("GET", REPLAY);
    request();

    tickAfter(Duration.ofSeconds(10));
    tickAfter(Duration.ofSeconds(10));

    assertThat(ended)
        .extracting(record -> record.subject().clientReqId())
        .containsExactlyInAnyOrder(REPLAY, REQUEST);
  }

  private void assertDropped(int inAll) {
    fairTime.onTick(now);
    assertThat(session.all(EventType.BROKER_RESPONSE)).isEmpty();
    assertThat(session.all(EventType.BROKER_ERROR)).isEmpty();
    assertThat(
            registry
                .get("longcut.broker.events.dropped")
                .tag("why", "replay_over")
                .functionCounter()
                .count())
        .isEqualTo(inAll);
  }

  private String shown(UUID id) {
    return PageAnswer.json(200, json -> CapturedJson.write(json, captures, id)).body();
  }

  private void tickAfter(Duration passed) {
    now += passed.toNanos();
    fairTime.onTick(now);
  }

  private ReplayStart replay(String method, UUID id) {
    Request request = new Request("orders", method, "/a", Headers.EMPTY, Body.ABSENT);
    return loop.replay(new ClientRequest(BROKER, id, 60_000, request));
  }

  private void request() {
    ClientRequest event = new ClientRequest(CLIENT, REQUEST, 10_000, http());
    deliver(Origin.SENT, "orders.acme.c-aaaaaa", "acme", event);
  }

  private static Request http() {
    return new Request("orders", "GET", "/a?token=S3CR3T", Headers.EMPTY, Body.ABSENT);
  }

  private Delivery deliver(Origin origin, String routingKey, String user, Event event) {
    Delivery delivery = channel.deliver(origin, routingKey, user, event);
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

  private Delivery response(Origin origin, BrokerRequest dispatch) {
    return deliver(
        origin,
        dispatch.brokerId().toString(),
        "plant",
        new UpstreamResponse(
            dispatch.clientId(),
            dispatch.clientReqId(),
            dispatch.brokerReqId(),
            new UUID(3, 3),
            new Response(201, Headers.EMPTY, Body.ABSENT)));
  }

  private static UpstreamError error(BrokerRequest dispatch, Failure failure) {
    return new UpstreamError(
        dispatch.clientId(),
        dispatch.clientReqId(),
        dispatch.brokerReqId(),
        new UUID(3, 3),
        new EventError(failure, "for this test", Hop.UPSTREAM_AGENT));
  }
}
