package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.Examples;
import io.github.httplongcut.upstream.http.RawServer;
import io.github.httplongcut.upstream.http.UpstreamClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the whole agent with real HTTP and an in-memory session. */
final class UpstreamAgentTest {

  private static final ProcessId SELF = ProcessId.create("plant", "u1");
  private static final ProcessId BROKER = ProcessId.create("relay", "b1");
  private static final ProcessId CLIENT = ProcessId.create("acme", "c1");
  private static final String KEY = Topology.targetKey("orders", SELF);
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(2);

  /** Shortest time between two rounds of heartbeats. */
  private static final Duration MIN_BETWEEN_ROUNDS = Duration.ofMillis(200);

  private final Loop loop = new Loop("test upstream agent");
  private final FakeSession session = new FakeSession(loop);
  private final FakeChannel channel = session.channel();
  private final CountDownLatch serverMayRespond = new CountDownLatch(1);
  private RawServer server;
  private UpstreamClient http;
  private UpstreamAgent agent;

  @BeforeEach
  void start() throws IOException {
    server =
        RawServer.running(
            connection -> {
              while (connection.readRequest()) {
                awaitPermission();
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
              }
            });
    UpstreamAgentConfig config = config("http://localhost:" + server.port());
    Targets targets = new Targets(SELF, config.servedTargets());
    session.confirmAtOnce();
    http = new UpstreamClient(config.targets(), new SimpleMeterRegistry());
    agent =
        new UpstreamAgent(
            config,
            new UpstreamAgent.Parts(targets, http, loop, session, new SimpleMeterRegistry()));
    agent.start();
    onLoop(SessionListener::onConsuming);
  }

  @AfterEach
  void stop() throws Exception {
    serverMayRespond.countDown();
    agent.drain();
    session.close();
    agent.close();
    loop.close();
    server.close();
  }

  @Test
  void requestIsRunAndAnswered() {
    serverMayRespond.countDown();

    Delivery delivery = deliver(KEY, request(Examples.get("/x")));

    UpstreamResponse response = awaitPublished(UpstreamResponse.class);
    assertThat(response.response().body()).isEqualTo(Body.ofText("ok"));
    await().until(() -> channel.acked().contains(delivery));
    assertThat(server.requests().get(0)).startsWith("GET /x ");
  }

  @Test
  void messagesWithForeignRoutingKeysOrTypesAreDiscarded() {
    String foreign = Topology.targetKey("billing", SELF);

    Delivery request = deliver(foreign, request(Examples.get("/")));
    Delivery cancel =
        deliver(foreign, new BrokerCancel(BROKER, UUID.randomUUID(), UUID.randomUUID()));

    Delivery ack =
        deliver(
            Topology.targetKey("orders", SELF),
            new BrokerRequestAck(UUID.randomUUID(), UUID.randomUUID(), SELF));

    await().until(() -> channel.discarded().size() == 3);
    assertThat(channel.discarded())
        .containsEntry(request, DiscardReason.WRONG_RECEIVER)
        .containsEntry(ack, DiscardReason.WRONG_RECEIVER)
        .containsEntry(cancel, DiscardReason.WRONG_RECEIVER);
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void serverSeesNothingOfWhatAHostileClientAgentSends() {
    Request twoHosts =
        Examples.withHeaders(
            Examples.post("x"),
            Headers.of(
                List.of(
                    new Headers.Field("Host", List.of("a")),
                    new Headers.Field("hOST", List.of("b")))));
    List<Request> hostile =
        List.of(
            Examples.request("TRACE", "/", Body.ABSENT),
            Examples.request("CONNECT", "/", Body.ABSENT),
            Examples.request("head", "/", Body.ABSENT),
            twoHosts,
            Examples.withHeaders(
                Examples.post("x"),
                Examples.headers("Content-Length", "1", "Content-Length", "2")));

    hostile.forEach(
        each -> {
          deliver(KEY, request(each));
          onLoop(unused -> channel.answerFence());
        });

    await().until(() -> errors().size() == hostile.size());
    assertThat(server.requests()).isEmpty();
    assertThat(server.connections()).isZero();
  }

  @Test
  void helloIsAnsweredWithAHeartbeatAtOnce() {
    await("the last round is over").pollDelay(MIN_BETWEEN_ROUNDS).until(() -> true);
    long before = heartbeats().size();

    Delivery hello = deliver("", new BrokerHello(BROKER, "1"));

    await().until(() -> channel.acked().contains(hello));
    assertThat(heartbeats()).hasSizeGreaterThan((int) before);
  }

  /** The test closes the HTTP client, so that the next call throws. */
  @Test
  void requestWhoseCallThrowsIsAnsweredAndHeartbeatsContinue() {
    http.close();

    Delivery delivery = deliver(KEY, request(Examples.get("/")));

    assertThat(awaitPublished(UpstreamError.class).error().failure())
        .isEqualTo(Failure.INTERNAL_ERROR);
    await().until(() -> channel.acked().contains(delivery));
    int before = heartbeats().size();
    await().until(() -> heartbeats().size() > before + 2);
  }

  @Test
  void cancelEndsTheCall() {
    BrokerRequest request = request(Examples.get("/"));
    Delivery delivery = deliver(KEY, request);
    await().until(() -> server.requests().size() == 1);

    deliver(KEY, new BrokerCancel(BROKER, request.clientReqId(), request.brokerReqId()));

    await().until(() -> channel.acked().contains(delivery));
    assertThat(session.events()).noneMatch(UpstreamResponse.class::isInstance);
  }

  @Test
  void drainFinishesRunningRequestsAndSendsGone() throws Exception {
    deliver(KEY, request(Examples.get("/")));
    await().until(() -> server.requests().size() == 1);
    await().until(() -> !heartbeats().isEmpty());
    Thread draining = new Thread(this::drainAgent, "test drain");
    draining.start();
    await().until(() -> heartbeats().contains(AgentState.DRAINING));
    Delivery tooLate = deliver(KEY, request(Examples.get("/late")));
    await().until(() -> channel.rejected().contains(tooLate));
    assertThat(draining.isAlive()).as("waits for the running request").isTrue();

    serverMayRespond.countDown();
    draining.join();

    assertThat(session.events()).anyMatch(UpstreamResponse.class::isInstance);
    assertThat(heartbeats()).endsWith(AgentState.GONE);
  }

  @Test
  void drainAbortsCallsAfterTheDrainTimeout() throws Exception {
    deliver(KEY, request(Examples.get("/")));
    await().until(() -> server.requests().size() == 1);

    agent.drain();

    assertThat(awaitPublished(UpstreamError.class).error().failure())
        .isEqualTo(Failure.UPSTREAM_AGENT_LOST);
  }

  @Test
  void longPauseReopensTheConsumingChannel() {
    CountDownLatch wakeUp = new CountDownLatch(1);
    loop.execute(
        () -> {
          // Blocks the loop for longer than the ack timeout of 600 ms.
          await().pollDelay(Duration.ofMillis(900)).until(() -> true);
          wakeUp.countDown();
        });

    await().until(() -> !session.reopened().isEmpty());
    assertThat(wakeUp.getCount()).isZero();
  }

  private void drainAgent() {
    try {
      agent.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitPermission() {
    try {
      serverMayRespond.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Delivery deliver(String key, Event event) {
    Delivery delivery = channel.deliver(key, BROKER.user(), event);
    onLoop(listener -> listener.onDelivery(delivery));
    return delivery;
  }

  private void onLoop(Consumer<SessionListener> step) {
    loop.execute(() -> step.accept(session.listener()));
  }

  private List<AgentState> heartbeats() {
    return session.events().stream()
        .filter(UpstreamHeartbeat.class::isInstance)
        .map(each -> ((UpstreamHeartbeat) each).state())
        .toList();
  }

  private List<UpstreamError> errors() {
    return session.events().stream()
        .filter(UpstreamError.class::isInstance)
        .map(UpstreamError.class::cast)
        .toList();
  }

  private <E extends Event> E awaitPublished(Class<E> type) {
    await().until(() -> session.events().stream().anyMatch(type::isInstance));
    return session.events().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }

  private static BrokerRequest request(Request request) {
    return new BrokerRequest(
        CLIENT, UUID.randomUUID(), 9_000, BROKER, UUID.randomUUID(), 9_000, request);
  }

  private static UpstreamAgentConfig config(String url) {
    return new UpstreamAgentConfig(
        "u1",
        null, // the agent does not use the AMQP settings
        new AdminConfig("127.0.0.1", 0),
        Optional.empty(),
        Duration.ofMillis(600),
        Duration.ofSeconds(2),
        DRAIN_TIMEOUT,
        List.of(Examples.config(url)));
  }
}
