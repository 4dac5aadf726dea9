package io.github.httplongcut.broker.core;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * Router with a simulated clock, short methods for its events, and short texts for its effects:
 *
 * <ul>
 *   <li>r1 is the request with {@code client_req_id} 1.
 *   <li>b1, b2, ... are dispatches, in the order in which the router generated their ids.
 *   <li>d1, d2, ... are deliveries.
 * </ul>
 */
final class RouterFixture {

  static final ProcessId BROKER = new ProcessId("broker", "b-aaaaaa");
  static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  static final ProcessId AGENT_1 = new ProcessId("plant1", "a-aaaaaa");
  static final ProcessId AGENT_2 = new ProcessId("plant2", "a-aaaaaa");
  static final ProcessId AGENT_3 = new ProcessId("plant3", "a-aaaaaa");
  static final String TARGET = "orders";
  static final long INTERVAL = 2_000;

  static final RouterLimits LIMITS =
      new RouterLimits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(2),
          Duration.ofSeconds(25),
          6,
          1 << 20,
          new WaitingLimits(3, 2),
          new ShareRule(0.5, 1),
          3,
          new AgentLimits(4, 6, OutlierDetection.OFF));

  /** Close to the overflow of {@code nanoTime}, which the router must handle. */
  private static final long T0 = Long.MAX_VALUE - 3_000_000_000L;

  private static final long TTL = 120_000;

  /** Receipt of a delivery. Its text is d1, d2, ... */
  static final class TestReceipt extends Receipt {
    private final int number;

    private TestReceipt(int number) {
      this.number = number;
    }

    @Override
    public String version() {
      return "release " + number;
    }

    @Override
    public String toString() {
      return "d" + number;
    }
  }

  final Router router;
  final List<String> moves = new ArrayList<>();
  final List<RequestRecord> ended = new ArrayList<>();
  final List<String> refusedAgents = new ArrayList<>();
  final List<String> exceededShares = new ArrayList<>();
  private int receipts;
  private int ids;
  private int bugAt;
  private boolean failsAtEnd;
  private long millis;

  RouterFixture() {
    this(limits -> limits);
  }

  RouterFixture(UnaryOperator<RouterLimits> limits) {
    router =
        new Router(
            BROKER,
            limits.apply(LIMITS),
            this::nextId,
            new SequentialRandom(),
            new Journal() {
              @Override
              public void moved(
                  UUID clientReqId, UUID brokerReqId, String from, String to, String why) {
                moves.add("r" + number(clientReqId) + " " + from + " -> " + to + " (" + why + ")");
              }

              @Override
              public void ended(RequestRecord record) {
                ended.add(record);
                if (failsAtEnd) {
                  failsAtEnd = false;
                  throw new IllegalStateException("a bug, for this test");
                }
              }

              @Override
              public void bug(UUID clientReqId, Throwable bug) {
                moves.add("r" + number(clientReqId) + " bug");
              }

              @Override
              public void shareExceeded(Party of, String name, Room room) {
                exceededShares.add(of + " " + name + " " + room);
              }

              @Override
              public void agentRefused(ProcessId upstreamId, String upstreamTarget) {
                refusedAgents.add(upstreamId + " for " + upstreamTarget);
              }
            });
  }

  /** Returns limits of 40 requests, of which 20 may wait, and 20 agents. */
  static RouterLimits largeLimits(RouterLimits limits) {
    return new RouterLimits(
        limits.waitTimeout(),
        limits.ackTimeout(),
        limits.replyTimeout(),
        40,
        limits.maxInFlightBytes(),
        new WaitingLimits(20, 20),
        limits.shares(),
        limits.maxAttempts(),
        new AgentLimits(20, 20, limits.agents().outliers()));
  }

  private UUID nextId() {
    ids++;
    if (ids == bugAt) {
      throw new IllegalStateException("a bug, for this test");
    }
    return id(ids);
  }

  /** Makes the router throw when it generates the dispatch id with this number. */
  RouterFixture bugAt(int number) {
    bugAt = number;
    return this;
  }

  /** Makes the journal throw at the end of the next request. */
  RouterFixture failAtEnd() {
    failsAtEnd = true;
    return this;
  }

  // Time.

  /** Sets the clock to this time after the start. Does not tick. */
  RouterFixture at(long millis) {
    this.millis = millis;
    return this;
  }

  long now() {
    return at0(millis);
  }

  static long at0(long millis) {
    return T0 + millis * 1_000_000L;
  }

  List<String> tick() {
    return describe(router.onTick(now()));
  }

  /** Sets the clock, and ticks. */
  List<String> tick(long millis) {
    return at(millis).tick();
  }

  // Events.

  TestReceipt delivery() {
    return new TestReceipt(++receipts);
  }

  List<String> get(int number) {
    return receive(number, "GET", delivery());
  }

  List<String> post(int number) {
    return receive(number, "POST", delivery());
  }

  List<String> receive(int number, String method, Receipt receipt) {
    return receive(request(number, method, TTL), receipt);
  }

  List<String> receive(ClientRequest request, Receipt receipt) {
    return describe(router.onClientRequest(request, receipt, now()));
  }

  static ClientRequest request(int number, String method, long ttl) {
    return request(number, method, TARGET, ttl);
  }

  static ClientRequest request(int number, String method, String target, long ttl) {
    return new ClientRequest(
        CLIENT,
        id(number),
        ttl,
        new Request(target, method, "/" + number, Headers.EMPTY, Body.ABSENT));
  }

  List<String> settled(Receipt receipt) {
    return describe(router.onSettled(receipt, now()));
  }

  List<String> heartbeat(ProcessId agent, int capacity, int inFlight) {
    return heartbeat(agent, AgentState.READY, capacity, inFlight);
  }

  List<String> heartbeat(ProcessId agent, AgentState state, int capacity, int inFlight) {
    return describe(
        router.onHeartbeat(
            new UpstreamHeartbeat(agent, TARGET, state, capacity, inFlight, INTERVAL, "1"), now()));
  }

  /** Receives a heartbeat of an agent that is not well. */
  List<String> heartbeat(ProcessId agent, AgentState state, String reason) {
    return describe(
        router.onHeartbeat(
            new UpstreamHeartbeat(agent, TARGET, state, 1, 0, INTERVAL, "1", Optional.of(reason)),
            now()));
  }

  List<String> published(int brokerReqId, DispatchOutcome outcome) {
    return describe(router.onPublished(id(brokerReqId), outcome, now()));
  }

  List<String> undelivered(int brokerReqId, Undelivered reason) {
    return describe(router.onUndelivered(id(brokerReqId), reason, now()));
  }

  List<String> ack(int brokerReqId, ProcessId agent) {
    return describe(
        router.onAck(new BrokerRequestAck(id(brokerReqId), id(99), agent), agent.user(), now()));
  }

  List<String> response(int number, int brokerReqId, ProcessId agent) {
    return describe(
        router.onResponse(
            new UpstreamResponse(CLIENT, id(number), id(brokerReqId), id(99), ok()),
            agent.user(),
            now()));
  }

  List<String> error(int number, int brokerReqId, Failure failure, ProcessId agent) {
    return describe(
        router.onError(upstreamError(number, brokerReqId, failure), agent.user(), now()));
  }

  List<String> orphanedError(int number, int brokerReqId, Failure failure, ProcessId agent) {
    return describe(
        router.onOrphanedError(
            upstreamError(number, brokerReqId, failure), BROKER, agent.user(), now()));
  }

  List<String> orphanedRequest(int number, int brokerReqId) {
    ClientRequest request = request(number, "POST", TTL);
    return describe(
        router.onOrphanedRequest(
            new BrokerRequest(
                CLIENT, id(number), TTL, BROKER, id(brokerReqId), TTL, request.request()),
            now()));
  }

  List<String> cancel(int number, ProcessId client) {
    return describe(router.onCancel(new ClientCancel(client, id(number), id(1)), now()));
  }

  /** Receives a GET from another user's client agent. */
  List<String> getOf(String user, int number) {
    return getOf(new ProcessId(user, "c-aaaaaa"), number);
  }

  /** Receives a GET of a client agent. */
  List<String> getOf(ProcessId clientId, int number) {
    return receive(
        new ClientRequest(
            clientId,
            id(number),
            TTL,
            new Request(TARGET, "GET", "/" + number, Headers.EMPTY, Body.ABSENT)),
        delivery());
  }

  /** Receives a GET for another target. */
  List<String> getElsewhere(int number) {
    return receive(request(number, "GET", "billing", TTL), delivery());
  }

  /** Receives a heartbeat of a full agent for another target. */
  List<String> heartbeatElsewhere(ProcessId agent) {
    return describe(
        router.onHeartbeat(
            new UpstreamHeartbeat(agent, "billing", AgentState.FULL, 1, 1, 2_000, "1"), now()));
  }

  void consuming() {
    router.onConsuming(now());
  }

  List<String> consumingLost() {
    return describe(router.onConsumingLost(now()));
  }

  List<String> inboxReplaced() {
    return describe(router.onInboxReplaced(BROKER.renewed(), now()));
  }

  List<String> publishing() {
    return describe(router.onPublishing(now()));
  }

  List<String> drain() {
    return describe(router.beginDrain(now()));
  }

  private static UpstreamError upstreamError(int number, int brokerReqId, Failure failure) {
    return new UpstreamError(
        CLIENT,
        id(number),
        id(brokerReqId),
        id(99),
        new EventError(failure, "why", Hop.UPSTREAM_AGENT));
  }

  static Response ok() {
    return new Response(200, Headers.EMPTY, Body.ABSENT);
  }

  static UUID id(int number) {
    return new UUID(0, number);
  }

  static int number(UUID id) {
    return (int) id.getLeastSignificantBits();
  }

  // Texts of the effects.

  static List<String> describe(List<Effect> effects) {
    return effects.stream().map(RouterFixture::describe).toList();
  }

  private static String describe(Effect effect) {
    if (effect instanceof Effect.Settle e) {
      return "settle " + e.receipt();
    } else if (effect instanceof Effect.Done e) {
      return "done " + e.receipt();
    } else if (effect instanceof Effect.Acknowledge e) {
      return "ack r" + number(e.ack().clientReqId());
    } else if (effect instanceof Effect.Dispatch e) {
      BrokerRequest request = e.request();
      return "dispatch r%d as b%d to %s"
          .formatted(
              number(request.clientReqId()), number(request.brokerReqId()), e.upstreamId().user());
    } else if (effect instanceof Effect.Cancel e) {
      return "cancel b" + number(e.cancel().brokerReqId()) + " at " + e.upstreamId().user();
    } else if (effect instanceof Effect.Respond e) {
      return (e.receipt().isPresent() ? "respond r" : "forward r")
          + number(e.response().clientReqId());
    } else if (effect instanceof Effect.Refuse e) {
      return "refuse r"
          + number(e.error().clientReqId())
          + " "
          + e.error().error().failure().code();
    } else if (effect instanceof Effect.RefuseOrphan e) {
      return "orphan r"
          + number(e.error().clientReqId())
          + " "
          + e.error().error().failure().code();
    }
    throw new AssertionError(effect);
  }
}
