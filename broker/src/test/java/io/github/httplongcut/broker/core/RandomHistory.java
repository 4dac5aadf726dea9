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
 * Simulation around a router: client agents, RabbitMQ and upstream agents act in random order,
 * within the protocol. Asserts the invariants that hold in every history.
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
          new AgentLimits(2, 2, OutlierDetection.ON)); // the limit admits two of the three agents

  /** One reception of a request. A redelivery of the request is another reception. */
  private static final class Reception {
    final ClientRequest request;
    final SimulatedReceipt receipt;
    final long endsAt;
    boolean over;
    boolean cancelled;

    Reception(ClientRequest request, SimulatedReceipt receipt, long endsAt) {
      this.request = request;
      this.receipt = receipt;
      this.endsAt = endsAt;
    }
  }

  private static final class SimulatedReceipt extends Receipt {
    final List<Reception> receptions = new ArrayList<>();
    final boolean local;
    boolean settledAtRabbitMq;
    boolean lost;

    SimulatedReceipt(boolean local) {
      this.local = local;
      if (local) {
        settled();
      }
    }

    @Override
    public boolean isLocal() {
      return local;
    }
  }

  private static final class SimulatedAgent {
    final ProcessId id;
    final int capacity;
    AgentState state = AgentState.READY;
    boolean alive = true;
    AgentState lastState = AgentState.GONE;
    long lastHeartbeatAt;
    long lastSignOfLifeAt;

    SimulatedAgent(String id, int capacity) {
      this.id = ProcessId.parse(id);
      this.capacity = capacity;
    }
  }

  private final Random random;
  private final Router router;
  private final List<SimulatedAgent> agents = new ArrayList<>();
  private final List<Supplier<List<Effect>>> pendingEvents = new ArrayList<>();
  private final Map<UUID, Reception> receptions = new LinkedHashMap<>();
  private final Map<UUID, Integer> runs = new LinkedHashMap<>();
  private final Map<UUID, Integer> answers = new LinkedHashMap<>();

  /** Dispatches that an agent has run. */
  private final Set<UUID> ranDispatches = new LinkedHashSet<>();

  private final Set<UUID> atAnAgent = new LinkedHashSet<>();
  private final List<ClientRequest> toRedeliver = new ArrayList<>();
  private long millis;
  private long excludedMillis;
  private int ids;
  private int dispatches;
  private boolean drained;
  private long ended;

  /** Checks the account of each request that is over. */
  private final class CheckedEnds implements Journal {
    @Override
    public void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why) {}

    @Override
    public void ended(RequestRecord record) {
      ended++;
      boolean ran =
          record.history().steps().stream()
              .anyMatch(step -> ranDispatches.contains(step.brokerReqId()));
      if (ran) {
        assertThat(record.ran().verdict()).as("%s ran", record).isNotEqualTo(Ran.Verdict.NO);
      } else {
        assertThat(record.ran().verdict()).as("%s did not", record).isNotEqualTo(Ran.Verdict.YES);
      }
      assertThat(record.ran().verdict()).isNotEqualTo(Ran.Verdict.NOT_YET);
      assertThat(record.history().dispatches() == 0)
          .as("never dispatched, or %s", record.ran())
          .isEqualTo(record.ran().why().equals("it was never sent to an upstream agent"));
    }
  }

  RandomHistory(long seed) {
    random = new Random(seed);
    router =
        new Router(
            RouterFixture.BROKER, LIMITS, () -> new UUID(2, ++ids), random, new CheckedEnds());
    for (String id : List.of("plant1.a-aaaaaa", "plant1.b-aaaaaa", "plant2.a-aaaaaa")) {
      agents.add(new SimulatedAgent(id, 1 + random.nextInt(3)));
    }
  }

  /** Plays the steps, then lets all requests end. Returns the number of dispatches. */
  int play(int steps) {
    for (int step = 0; step < steps; step++) {
      step();
    }
    if (random.nextInt(4) == 0) {
      drained = true;
      perform(router.beginDrain(now()));
    }
    for (int i = 0; i < 100 || !pendingEvents.isEmpty(); i++) {
      deliverPending();
      tick();
    }
    assertThat(router.isIdle()).as("idle").isTrue();
    assertThat(router.leftovers()).as("slots, attempts and places left").isZero();
    assertThat(router.view().stats().inFlightBytes()).as("bytes left").isZero();
    assertThat(router.view().stats().totals().received()).as("requests ended").isEqualTo(ended);
    for (Reception reception : receptions.values()) {
      assertThat(reception.over || reception.receipt.lost)
          .as("over: %s", reception.request)
          .isTrue();
    }
    return dispatches;
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 25) {
      tick();
    } else if (choice < 45) {
      receive();
    } else if (choice < 85) {
      deliverPending();
    } else if (choice < 90) {
      SimulatedAgent agent = agents.get(random.nextInt(agents.size()));
      agent.alive = random.nextInt(4) != 0;
      agent.state = STATES.get(random.nextInt(STATES.size()));
      if (random.nextBoolean()) {
        agent.state = AgentState.READY;
      }
    } else if (choice < 92) {
      cancel();
    } else if (choice < 93) {
      loseConsuming();
    } else if (choice < 95) {
      excludedMillis += 70;
      router.excludeTime(70_000_000L);
    } else if (choice < 97) {
      perform(router.onPublishing(now()));
    } else if (!toRedeliver.isEmpty()) {
      deliver(List.of(toRedeliver.remove(0)));
    }
  }

  private void tick() {
    millis += TICK;
    perform(router.onTick(now()));
    for (SimulatedAgent agent : agents) {
      if (agent.alive
          && (fairMillis() - agent.lastHeartbeatAt >= INTERVAL || agent.state != agent.lastState)) {
        agent.lastState = agent.state;
        agent.lastHeartbeatAt = fairMillis();
        agent.lastSignOfLifeAt = fairMillis();
        perform(
            router.onHeartbeat(
                new UpstreamHeartbeat(
                    agent.id,
                    RouterFixture.TARGET,
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

  /** Delivers one of the pending events, chosen at random. */
  private void deliverPending() {
    if (!pendingEvents.isEmpty()) {
      perform(pendingEvents.remove(random.nextInt(pendingEvents.size())).get());
    }
  }

  private void receive() {
    List<ClientRequest> batch = new ArrayList<>();
    String method = random.nextBoolean() ? "GET" : "POST";
    for (int i = random.nextInt(3); i >= 0; i--) {
      batch.add(
          new ClientRequest(
              RouterFixture.CLIENT,
              new UUID(1, ++ids),
              random.nextInt(4_000),
              new Request(RouterFixture.TARGET, method, "/", Headers.EMPTY, Body.ABSENT)));
    }
    receive(batch, new SimulatedReceipt(batch.size() == 1 && random.nextInt(4) == 0));
  }

  private void deliver(List<ClientRequest> batch) {
    receive(batch, new SimulatedReceipt(false));
  }

  private void receive(List<ClientRequest> batch, SimulatedReceipt receipt) {
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

  /**
   * Loses the consuming connection. RabbitMQ redelivers requests of deliveries not settled there.
   */
  private void loseConsuming() {
    Set<SimulatedReceipt> lost = new LinkedHashSet<>();
    for (Reception reception : receptions.values()) {
      if (!reception.receipt.isSettled()) {
        lost.add(reception.receipt);
      }
    }
    for (SimulatedReceipt receipt : lost) {
      boolean first = !receipt.lost;
      receipt.lost = true;
      if (first && !receipt.settledAtRabbitMq) {
        receipt.receptions.stream()
            .filter(each -> !each.over && !each.cancelled)
            .forEach(each -> toRedeliver.add(each.request));
      }
    }
    perform(router.onConsumingLost(now()));
  }

  // Effects, and the invariants at each of them.

  private void perform(List<Effect> effects) {
    effects.forEach(this::perform);
  }

  private void perform(Effect effect) {
    if (effect instanceof Effect.Settle settle) {
      SimulatedReceipt receipt = (SimulatedReceipt) settle.receipt();
      assertThat(receipt.local).as("has no delivery to settle").isFalse();
      receipt.settledAtRabbitMq = random.nextInt(10) != 0;
      pendingEvents.add(() -> receipt.lost ? List.of() : router.onSettled(receipt, now()));
    } else if (effect instanceof Effect.Acknowledge acknowledge) {
      assertThat(receptions.get(acknowledge.of().clientReqId()).receipt.local)
          .as("has no client agent")
          .isFalse();
    } else if (effect instanceof Effect.Dispatch dispatch) {
      dispatch(dispatch);
    } else if (effect instanceof Effect.Respond respond) {
      assertThat(respond.endsAt() - now()).as("time left").isPositive();
      respond.receipt().ifPresent(receipt -> over(respond.response().clientReqId(), receipt));
    } else if (effect instanceof Effect.Refuse refuse) {
      assertThat(refuse.endsAt() - now()).as("time left").isPositive();
      over(refuse.error().clientReqId(), refuse.receipt());
    } else if (effect instanceof Effect.Done done) {
      SimulatedReceipt receipt = (SimulatedReceipt) done.receipt();
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
    assertThat(reception.receipt.lost).as("answers a delivery that is not lost").isEqualTo(false);
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
    SimulatedAgent agent =
        agents.stream()
            .filter(each -> each.id.equals(dispatch.upstreamId()))
            .findFirst()
            .orElseThrow();
    assertThat(agent.lastState).isIn(AgentState.READY, AgentState.FULL);
    assertThat(fairMillis() - agent.lastSignOfLifeAt)
        .as("silent for")
        .isLessThan(3 * INTERVAL + TICK);
    boolean repeatable = dispatch.request().request().isRepeatable();
    if (!repeatable) {
      assertThat(reception.receipt.isSettled()).as("settled before it is dispatched").isTrue();
      assertThat(atAnAgent.add(id)).as("dispatched twice").isTrue();
    }
    simulateOutcome(dispatch, agent);
  }

  /** Chooses one of the outcomes that RabbitMQ and the agent may give a dispatch. */
  private void simulateOutcome(Effect.Dispatch dispatch, SimulatedAgent agent) {
    UUID id = dispatch.request().clientReqId();
    UUID attempt = dispatch.request().brokerReqId();
    switch (random.nextInt(12)) {
      case 0 ->
          enqueueNotRun(id, () -> router.onPublished(attempt, DispatchOutcome.RETURNED, now()));
      case 1 ->
          enqueueNotRun(id, () -> router.onPublished(attempt, DispatchOutcome.NOT_WRITTEN, now()));
      case 2 -> {
        pendingEvents.add(() -> router.onPublished(attempt, DispatchOutcome.NACKED, now()));
        maybeRun(dispatch, agent);
      }
      case 3 -> {
        pendingEvents.add(() -> router.onPublished(attempt, DispatchOutcome.UNKNOWN, now()));
        maybeRun(dispatch, agent);
      }
      case 4 -> {
        pendingEvents.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        enqueueNotRun(id, () -> router.onUndelivered(attempt, Undelivered.REJECTED, now()));
      }
      case 5 -> {
        pendingEvents.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        enqueueNotRun(id, () -> router.onUndelivered(attempt, Undelivered.DEAD_LETTERED, now()));
      }
      case 6 -> enqueueNotRun(id, () -> error(dispatch, agent, Failure.NOT_RUN));
      case 7 -> enqueueNotRun(id, () -> error(dispatch, agent, Failure.UPSTREAM_UNREACHABLE));
      default -> {
        pendingEvents.add(() -> router.onPublished(attempt, DispatchOutcome.CONFIRMED, now()));
        maybeRun(dispatch, agent);
      }
    }
  }

  private void enqueueNotRun(UUID clientReqId, Supplier<List<Effect>> event) {
    pendingEvents.add(
        () -> {
          atAnAgent.remove(clientReqId);
          return event.get();
        });
  }

  private void maybeRun(Effect.Dispatch dispatch, SimulatedAgent agent) {
    if (random.nextInt(6) == 0) {
      return; // the agent never got it, or died with it
    }
    UUID id = dispatch.request().clientReqId();
    ranDispatches.add(dispatch.request().brokerReqId());
    if (!dispatch.request().request().isRepeatable()) {
      assertThat(runs.merge(id, 1, Integer::sum)).as("runs").isEqualTo(1);
    }
    if (random.nextInt(10) != 0) {
      pendingEvents.add(
          () ->
              routerAfterSignOfLife(agent)
                  .onAck(
                      new BrokerRequestAck(dispatch.request().brokerReqId(), id, agent.id),
                      agent.id.user(),
                      now()));
    }
    switch (random.nextInt(4)) {
      case 0 -> pendingEvents.add(() -> error(dispatch, agent, Failure.UPSTREAM_TIMEOUT));
      case 1 -> {} // hangs
      default ->
          pendingEvents.add(
              () ->
                  routerAfterSignOfLife(agent)
                      .onResponse(
                          new UpstreamResponse(
                              dispatch.request().clientId(),
                              id,
                              dispatch.request().brokerReqId(),
                              id,
                              RouterFixture.ok()),
                          agent.id.user(),
                          now()));
    }
  }

  private List<Effect> error(Effect.Dispatch dispatch, SimulatedAgent agent, Failure failure) {
    return routerAfterSignOfLife(agent)
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

  private Router routerAfterSignOfLife(SimulatedAgent agent) {
    agent.lastSignOfLifeAt = fairMillis();
    return router;
  }

  private long now() {
    return RouterFixture.at0(millis);
  }

  private long fairMillis() {
    return millis - excludedMillis;
  }
}
