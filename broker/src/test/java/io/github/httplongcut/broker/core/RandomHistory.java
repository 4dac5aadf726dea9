package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
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
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A made-up world around a router: client agents, RabbitMQ and upstream agents that do what they
 * may in a random order, and what must hold whatever they do.
 */
final class RandomHistory {

  private static final long TICK = 50;
  private static final long INTERVAL = 200;
  private static final List<AgentState> STATES = List.of(AgentState.values());
  private static final RouterLimits LIMITS =
      new RouterLimits(
          Duration.ofMillis(1_500),
          Duration.ofMillis(200),
          Duration.ofMillis(1_000),
          12,
          1 << 20,
          new WaitingLimits(6, 2),
          new ShareRule(0.5, 1),
          3,
          new AgentLimits(2, 2, OutlierDetection.ON)); // one of three agents must stay out

  /** One reception of a request. */
  private static final class Reception {
    final ClientRequest request;
    final WorldReceipt receipt;
    final long endsAt;
    boolean over;
    boolean cancelled;

    Reception(ClientRequest request, WorldReceipt receipt, long endsAt) {
      this.request = request;
      this.receipt = receipt;
      this.endsAt = endsAt;
    }
  }

  private static final class WorldReceipt extends Receipt {
    final List<Reception> receptions = new ArrayList<>();
    boolean settledInTruth;
    boolean lost;
  }

  private static final class WorldAgent {
    final ProcessId id;
    final int capacity;
    AgentState state = AgentState.READY;
    boolean alive = true;
    AgentState lastSaid = AgentState.GONE;
    long lastSaidAt;
    long lastHeardAt;

    WorldAgent(String id, int capacity) {
      this.id = ProcessId.parse(id);
      this.capacity = capacity;
    }
  }

  private final Random random;
  private final Router router;
  private final List<WorldAgent> agents = new ArrayList<>();
  private final List<Supplier<List<Effect>>> toCome = new ArrayList<>();
  private final Map<UUID, Reception> receptions = new LinkedHashMap<>();
  private final Map<UUID, Integer> runs = new LinkedHashMap<>();
  private final Map<UUID, Integer> answers = new LinkedHashMap<>();
  private final Set<UUID> outThere = new LinkedHashSet<>();
  private final List<ClientRequest> toRedeliver = new ArrayList<>();
  private long millis;
  private long excused;
  private int ids;
  private int dispatches;
  private boolean drained;

  RandomHistory(long seed) {
    random = new Random(seed);
    router =
        new Router(
            RouterScene.BROKER,
            LIMITS,
            () -> new UUID(2, ++ids),
            random,
            (r, b, from, to, why) -> {});
    for (String id : List.of("plant1.a-aaaaaa", "plant1.b-aaaaaa", "plant2.a-aaaaaa")) {
      agents.add(new WorldAgent(id, 1 + random.nextInt(3)));
    }
  }

  /** Plays it, and lets it end; returns how much was dispatched. */
  int play(int steps) {
    for (int step = 0; step < steps; step++) {
      step();
    }
    if (random.nextInt(4) == 0) {
      drained = true;
      perform(router.beginDrain(now()));
    }
    for (int i = 0; i < 100 || !toCome.isEmpty(); i++) {
      happen();
      tick();
    }
    assertThat(router.isIdle()).as("idle").isTrue();
    assertThat(router.leftovers()).as("slots, attempts and places left").isZero();
    assertThat(router.stats().inFlightBytes()).as("bytes left").isZero();
    for (Reception reception : receptions.values()) {
      assertThat(reception.over || reception.receipt.lost)
          .as("over: %s", reception.request)
          .isTrue();
    }
    return dispatches;
  }

  private void step() {
    int what = random.nextInt(100);
    if (what < 25) {
      tick();
    } else if (what < 45) {
      receive();
    } else if (what < 85) {
      happen();
    } else if (what < 90) {
      WorldAgent agent = agents.get(random.nextInt(agents.size()));
      agent.alive = random.nextInt(4) != 0;
      agent.state = STATES.get(random.nextInt(STATES.size()));
      if (random.nextBoolean()) {
        agent.state = AgentState.READY;
      }
    } else if (what < 92) {
      cancel();
    } else if (what < 93) {
      loseConsuming();
    } else if (what < 95) {
      excused += 70;
      router.excuse(70_000_000L);
    } else if (what < 97) {
      perform(router.onPublishing(now()));
    } else if (!toRedeliver.isEmpty()) {
      deliver(List.of(toRedeliver.remove(0)));
    }
  }

  private void tick() {
    millis += TICK;
    perform(router.onTick(now()));
    for (WorldAgent agent : agents) {
      if (agent.alive && (fair() - agent.lastSaidAt >= INTERVAL || agent.state != agent.lastSaid)) {
        agent.lastSaid = agent.state;
        agent.lastSaidAt = fair();
        agent.lastHeardAt = fair();
        perform(
            router.onHeartbeat(
                new UpstreamHeartbeat(
                    agent.id,
                    RouterScene.TARGET,
                    agent.state,
                    agent.capacity,
                    random.nextInt(agent.capacity + 1),
                    INTERVAL,
                    "1"),
                now()));
      }
    }
    perform(router.onPublishing(now()));
  }

  /** Something that is under way arrives, in any order. */
  private void happen() {
    if (!toCome.isEmpty()) {
      perform(toCome.remove(random.nextInt(toCome.size())).get());
    }
  }

  private void receive() {
    List<ClientRequest> batch = new ArrayList<>();
    String method = random.nextBoolean() ? "GET" : "POST";
    for (int i = random.nextInt(3); i >= 0; i--) {
      batch.add(
          new ClientRequest(
              RouterScene.CLIENT,
              new UUID(1, ++ids),
              random.nextInt(4_000),
              new Request(RouterScene.TARGET, method, "/", Headers.EMPTY, Body.ABSENT)));
    }
    deliver(batch);
  }

  private void deliver(List<ClientRequest> batch) {
    WorldReceipt receipt = new WorldReceipt();
    for (ClientRequest request : batch) {
      Reception reception =
          new Reception(request, receipt, now() + request.clientReqTtl() * 1_000_000L);
      receptions.put(request.clientReqId(), reception);
      receipt.receptions.add(reception);
    }
    batch.forEach(request -> perform(router.onClientRequest(request, receipt, now())));
  }

  private void cancel() {
    receptions.values().stream()
        .filter(reception -> !reception.over && !reception.receipt.lost)
        .findAny()
        .ifPresent(
            reception -> {
              reception.cancelled = true;
              ClientRequest request = reception.request;
              perform(
                  router.onCancel(
                      new ClientCancel(
                          request.clientId(), request.clientReqId(), request.clientReqId()),
                      now()));
            });
  }

  /** What is not settled in truth comes again, its answered requests too if they are repeatable. */
  private void loseConsuming() {
    Set<WorldReceipt> lost = new LinkedHashSet<>();
    for (Reception reception : receptions.values()) {
      if (!reception.receipt.isSettled()) {
        lost.add(reception.receipt);
      }
    }
    for (WorldReceipt receipt : lost) {
      boolean first = !receipt.lost;
      receipt.lost = true;
      if (first && !receipt.settledInTruth) {
        receipt.receptions.stream()
            .filter(each -> !each.over && !each.cancelled)
            .forEach(each -> toRedeliver.add(each.request));
      }
    }
    perform(router.onConsumingLost(now()));
  }

  // What the router wants done, and what must hold then.

  private void perform(List<Effect> effects) {
    effects.forEach(this::perform);
  }

  private void perform(Effect effect) {
    if (effect instanceof Effect.Settle settle) {
      WorldReceipt receipt = (WorldReceipt) settle.receipt();
      receipt.settledInTruth = random.nextInt(10) != 0;
      toCome.add(() -> receipt.lost ? List.of() : router.onSettled(receipt, now()));
    } else if (effect instanceof Effect.Dispatch dispatch) {
      dispatch(dispatch);
    } else if (effect instanceof Effect.Respond respond) {
      assertThat(respond.endsAt() - now()).as("time left").isPositive();
      respond.receipt().ifPresent(receipt -> over(respond.response().clientReqId(), receipt));
    } else if (effect instanceof Effect.Refuse refuse) {
      assertThat(refuse.endsAt() - now()).as("time left").isPositive();
      over(refuse.error().clientReqId(), refuse.receipt());
    } else if (effect instanceof Effect.Done done) {
      WorldReceipt receipt = (WorldReceipt) done.receipt();
      Reception reception =
          receipt.receptions.stream()
              .filter(each -> !each.over)
              .filter(each -> each.cancelled || each.endsAt - now() < 1_000_000L)
              .findFirst()
              .orElseThrow(() -> new AssertionError("done without an answer in time"));
      reception.over = true;
    }
  }

  private void over(UUID clientReqId, Receipt receipt) {
    Reception reception = receptions.get(clientReqId);
    assertThat(reception.receipt).as("answers the latest reception").isSameAs(receipt);
    assertThat(reception.over).as("answered once").isFalse();
    assertThat(reception.receipt.lost).as("answers what is its own").isEqualTo(false);
    reception.over = true;
    answers.merge(clientReqId, 1, Integer::sum);
    if (!reception.request.request().isRepeatable()) {
      assertThat(receipt.isSettled()).as("settled before it is answered").isTrue();
      assertThat(answers.get(clientReqId)).as("answers").isEqualTo(1);
    }
  }

  private void dispatch(Effect.Dispatch dispatch) {
    dispatches++;
    UUID id = dispatch.request().clientReqId();
    Reception reception = receptions.get(id);
    assertThat(drained).as("drained").isFalse();
    assertThat(reception.over).as("over when dispatched").isFalse();
    assertThat(dispatch.expirationMillis()).isBetween(1L, 200L);
    WorldAgent agent =
        agents.stream()
            .filter(each -> each.id.equals(dispatch.upstreamId()))
            .findFirst()
            .orElseThrow();
    assertThat(agent.lastSaid).isIn(AgentState.READY, AgentState.FULL);
    assertThat(fair() - agent.lastHeardAt).as("silent for").isLessThan(3 * INTERVAL + TICK);
    boolean repeatable = dispatch.request().request().isRepeatable();
    if (!repeatable) {
      assertThat(reception.receipt.isSettled()).as("settled before it is dispatched").isTrue();
      assertThat(outThere.add(id)).as("dispatched twice").isTrue();
    }
    sendOff(dispatch, agent);
  }

  /** RabbitMQ and the agent do with it one of the things that they may do. */
  private void sendOff(Effect.Dispatch dispatch, WorldAgent agent) {
    UUID id = dispatch.request().clientReqId();
    UUID attempt = dispatch.request().brokerReqId();
    switch (random.nextInt(12)) {
      case 0 -> cameBack(id, () -> router.onPublished(attempt, DispatchOutcome.RETURNED, now()));
      case 1 -> cameBack(id, () -> router.onPublished(attempt, DispatchOutcome.NOT_WRITTEN, now()));
      case 2 -> {
        toCome.add(() -> router.onPublished(attempt, DispatchOutcome.NACKED, now()));
        runMaybe(dispatch, agent);
      }
      case 3 -> {
        toCome.add(() -> router.onPublished(attempt, DispatchOutcome.UNKNOWN, now()));
        runMaybe(dispatch, agent);
      }
      case 4 -> {
        toCome.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        cameBack(id, () -> router.onUndelivered(attempt, Undelivered.REJECTED, now()));
      }
      case 5 -> {
        toCome.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        cameBack(id, () -> router.onUndelivered(attempt, Undelivered.DEAD_LETTERED, now()));
      }
      case 6 -> cameBack(id, () -> error(dispatch, agent, Failure.NOT_RUN));
      case 7 -> cameBack(id, () -> error(dispatch, agent, Failure.UPSTREAM_UNREACHABLE));
      default -> {
        toCome.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        runMaybe(dispatch, agent);
      }
    }
  }

  private void cameBack(UUID clientReqId, Supplier<List<Effect>> event) {
    toCome.add(
        () -> {
          outThere.remove(clientReqId);
          return event.get();
        });
  }

  private void runMaybe(Effect.Dispatch dispatch, WorldAgent agent) {
    if (random.nextInt(6) == 0) {
      return; // died with it, or never got it
    }
    UUID id = dispatch.request().clientReqId();
    if (!dispatch.request().request().isRepeatable()) {
      assertThat(runs.merge(id, 1, Integer::sum)).as("runs").isEqualTo(1);
    }
    if (random.nextInt(10) != 0) {
      toCome.add(
          () ->
              heard(agent)
                  .onAck(
                      new BrokerRequestAck(dispatch.request().brokerReqId(), id, agent.id),
                      agent.id.user(),
                      now()));
    }
    switch (random.nextInt(4)) {
      case 0 -> toCome.add(() -> error(dispatch, agent, Failure.UPSTREAM_TIMEOUT));
      case 1 -> {} // hangs
      default ->
          toCome.add(
              () ->
                  heard(agent)
                      .onResponse(
                          new UpstreamResponse(
                              dispatch.request().clientId(),
                              id,
                              dispatch.request().brokerReqId(),
                              id,
                              RouterScene.ok()),
                          agent.id.user(),
                          now()));
    }
  }

  private List<Effect> error(Effect.Dispatch dispatch, WorldAgent agent, Failure failure) {
    return heard(agent)
        .onError(
            new UpstreamError(
                dispatch.request().clientId(),
                dispatch.request().clientReqId(),
                dispatch.request().brokerReqId(),
                dispatch.request().clientReqId(),
                new EventError(failure, "why", Hop.UPSTREAM_AGENT)),
            agent.id.user(),
            now());
  }

  private Router heard(WorldAgent agent) {
    agent.lastHeardAt = fair();
    return router;
  }

  private long now() {
    return RouterScene.at0(millis);
  }

  private long fair() {
    return millis - excused;
  }
}
