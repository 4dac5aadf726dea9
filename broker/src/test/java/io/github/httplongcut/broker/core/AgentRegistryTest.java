package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Limits of the known agents (docs/protocol.md section 6), their liveness, and the choice of one.
 */
class AgentRegistryTest {

  private static final String ORDERS = "orders";
  private static final String BILLING = "billing";
  private static final List<AgentState> STATES = List.of(AgentState.values());

  /** Close to the overflow of {@code nanoTime}, which the registry must handle. */
  private static final long T0 = Long.MAX_VALUE - 1_000_000_000L;

  private final AgentRegistry registry =
      new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.OFF), new SequentialRandom());
  private long now = T0;

  @Test
  void agentsPerUserAndTargetAreLimited() {
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).isTrue();
    assertThat(heartbeat("plant.b-aaaaaa", ORDERS)).isTrue();

    assertThat(heartbeat("plant.c-aaaaaa", ORDERS)).isFalse();

    assertThat(registry.size()).isEqualTo(2);
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).as("a known agent").isTrue();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).as("for another target").isTrue();
    assertThat(heartbeat("works.a-aaaaaa", ORDERS)).as("of another user").isTrue();
  }

  @Test
  void goneAgentMakesRoomAtOnce() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.GONE, 10);

    assertThat(registry.size()).isEqualTo(1);
    assertThat(heartbeat("plant.c-aaaaaa", ORDERS)).isTrue();
  }

  @Test
  void goneAgentIsKnownWhileItHasRequests() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent agent = choose(ORDERS);
    registry.acquireSlot(agent);

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.GONE, 10);

    assertThat(registry.isKnown(agent)).isTrue();
  }

  @Test
  void ifTheTotalIsReachedTheUserWithTheMostAgentsLosesItsLeastRecentOne() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("plant.c-aaaaaa", BILLING);
    heartbeat("works.a-aaaaaa", ORDERS);
    heartbeat("plant.a-aaaaaa", ORDERS);

    assertThat(heartbeat("mill.a-aaaaaa", ORDERS)).isTrue();

    assertThat(registry.size()).isEqualTo(4);
    assertThat(registry.displaced()).isEqualTo(1);
    assertThat(heartbeat("plant.b-aaaaaa", ORDERS))
        .as("a forgotten agent is not registered again")
        .isFalse();
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).isTrue();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).isTrue();
  }

  @Test
  void ifTheTotalIsReachedTheUserWithTheMostAgentsGetsNoMore() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("plant.a-aaaaaa", BILLING);
    heartbeat("works.a-aaaaaa", ORDERS);

    assertThat(heartbeat("plant.b-aaaaaa", BILLING)).isFalse();

    assertThat(heartbeat("works.a-aaaaaa", ORDERS)).isTrue();
    assertThat(registry.displaced()).isZero();
  }

  /** Otherwise each heartbeat would displace an agent of the other user, endlessly. */
  @Test
  void usersWithEquallyManyAgentsDoNotDisplaceAgentsOfEachOther() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("works.a-aaaaaa", ORDERS);
    heartbeat("works.b-aaaaaa", ORDERS);

    assertThat(heartbeat("works.c-aaaaaa", BILLING)).isFalse();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).isFalse();

    assertThat(heartbeat("mill.a-aaaaaa", BILLING)).isTrue();
    assertThat(heartbeat("mill.b-aaaaaa", BILLING))
        .as("would have as many as the others")
        .isFalse();
  }

  @Test
  void agentWithRequestsIsNotDisplaced() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent first = choose(ORDERS);
    registry.acquireSlot(first);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent second = choose(ORDERS);
    registry.acquireSlot(second);
    heartbeat("plant.a-aaaaaa", BILLING);
    Agent third = choose(BILLING);
    registry.acquireSlot(third);
    heartbeat("works.a-aaaaaa", ORDERS);

    assertThat(heartbeat("mill.a-aaaaaa", BILLING))
        .as("all agents of plant have requests")
        .isFalse();

    registry.releaseSlot(second);

    assertThat(heartbeat("mill.a-aaaaaa", BILLING)).isTrue();
    assertThat(registry.isKnown(first)).isTrue();
    assertThat(registry.isKnown(second)).isFalse();
    assertThat(registry.isKnown(third)).isTrue();
  }

  @Test
  void agentIsForgottenAfterThreeOfItsOwnIntervals() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent slow = choose(ORDERS);
    now += Duration.ofSeconds(1).toNanos();
    registry.onHeartbeat(beat("plant.b-aaaaaa", BILLING, AgentState.READY, 10, 100), now);
    Agent quick = choose(BILLING);

    assertThat(tick(Duration.ofMillis(299))).isEmpty();
    assertThat(tick(Duration.ofMillis(1))).containsExactly(quick);
    assertThat(tick(Duration.ofMillis(4_699))).isEmpty();
    assertThat(tick(Duration.ofMillis(1))).containsExactly(slow);
    assertThat(registry.size()).isZero();
    assertThat(registry.forgottenSilent()).isEqualTo(2);
  }

  @Test
  void signOfLifeCountsAsAHeartbeat() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    tick(Duration.ofSeconds(5));

    registry.onSignOfLife(ORDERS, ProcessId.parse("plant.a-aaaaaa"), now);
    registry.onSignOfLife(BILLING, ProcessId.parse("plant.a-aaaaaa"), now);

    assertThat(tick(Duration.ofMillis(5_999))).isEmpty();
    assertThat(tick(Duration.ofMillis(1))).hasSize(1);
  }

  /**
   * A failing agent ends each request at once, so it always has the smallest share in use. Without
   * this rule it would be chosen the most often.
   */
  @Test
  void failingAgentIsTheLastChoice() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent failing = choose(ORDERS);
    registry.onUnreachable(failing, now);

    Agent healthy = choose(ORDERS);
    assertThat(healthy).isNotEqualTo(failing);
    registry.acquireSlot(healthy);
    assertThat(choose(ORDERS)).isEqualTo(healthy);
    assertThat(registry.choose(ORDERS, Set.of(healthy.id()))).contains(failing);
  }

  @Test
  void failingAgentIsNotChosenWhileAHealthyOneIsFull() {
    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 1);
    Agent failing = choose(ORDERS);
    registry.onUnreachable(failing, now);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1);
    registry.acquireSlot(choose(ORDERS));

    assertThat(registry.choose(ORDERS, Set.of())).isEmpty();

    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.DRAINING, 1);

    assertThat(registry.hasFree(ORDERS)).isTrue();
    assertThat(choose(ORDERS)).isEqualTo(failing);
  }

  @Test
  void failedAgentGetsOneRequestAfterItsNextHeartbeat() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent first = choose(ORDERS);
    registry.onUnreachable(first, now);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent second = choose(ORDERS);
    registry.acquireSlot(second);

    heartbeat("plant.a-aaaaaa", ORDERS);

    assertThat(choose(ORDERS)).isEqualTo(first);
    registry.acquireSlot(first);
    assertThat(choose(ORDERS)).as("the failed agent has its one request").isEqualTo(second);
    registry.acquireSlot(second);
    registry.onResponse(ORDERS, first.id(), 200, now);
    assertThat(choose(ORDERS)).isEqualTo(first);
  }

  @Test
  void consecutiveFailuresDoubleThePause() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent failing = choose(ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    registry.onUnreachable(failing, now);
    heartbeat("plant.a-aaaaaa", ORDERS);
    assertThat(failing.rank()).as("no pause after the first").isEqualTo(Agent.Rank.FIRST);
    for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 32}) {
      registry.onUnreachable(failing, now);
      now += Duration.ofSeconds(seconds).toNanos() - 1;
      heartbeat("plant.a-aaaaaa", ORDERS);
      assertThat(failing.rank()).as("before " + seconds).isEqualTo(Agent.Rank.FAILING);
      now += 1;
      heartbeat("plant.a-aaaaaa", ORDERS);
      assertThat(failing.rank()).as("after " + seconds).isEqualTo(Agent.Rank.FIRST);
    }

    registry.onResponse(ORDERS, failing.id(), 200, now);
    registry.onUnreachable(failing, now);
    heartbeat("plant.a-aaaaaa", ORDERS);
    assertThat(failing.rank()).as("a first failure again").isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void serverErrorsCountOnlyWithOutlierDetection() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent agent = choose(ORDERS);

    answers(registry, agent, RecentAnswers.MIN_ANSWERS, 500);

    assertThat(agent.rank()).isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void outlierIsChosenOnlyIfNoOtherAgentIsFree() {
    AgentRegistry detecting =
        new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.ON), new SequentialRandom());
    detecting.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    Agent outlier = detecting.choose(ORDERS, Set.of()).orElseThrow();
    detecting.onHeartbeat(beat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1, 2_000), now);

    answers(detecting, outlier, RecentAnswers.MIN_ANSWERS - 1, 503);
    assertThat(outlier.rank()).as("too few answers").isEqualTo(Agent.Rank.FIRST);
    answers(detecting, outlier, 1, 503);
    assertThat(outlier.rank()).isEqualTo(Agent.Rank.OUTLIER);

    Agent other = detecting.choose(ORDERS, Set.of()).orElseThrow();
    assertThat(other).isNotEqualTo(outlier);
    detecting.acquireSlot(other);
    assertThat(detecting.choose(ORDERS, Set.of())).as("the other is full").contains(outlier);

    answers(detecting, outlier, RecentAnswers.MIN_ANSWERS, 404);
    assertThat(outlier.rank()).as("half of the answers are errors").isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void oldServerErrorsAreForgotten() {
    AgentRegistry detecting =
        new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.ON), new SequentialRandom());
    detecting.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    Agent agent = detecting.choose(ORDERS, Set.of()).orElseThrow();
    answers(detecting, agent, RecentAnswers.MIN_ANSWERS, 500);

    now += RecentAnswers.WINDOW.toNanos();
    detecting.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    assertThat(agent.rank()).isEqualTo(Agent.Rank.OUTLIER);
    now += RecentAnswers.WINDOW.toNanos();
    detecting.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);

    assertThat(agent.rank()).isEqualTo(Agent.Rank.FIRST);
  }

  private void answers(AgentRegistry registry, Agent agent, int number, int statusCode) {
    for (int i = 0; i < number; i++) {
      registry.onResponse(agent.target(), agent.id(), statusCode, now);
    }
  }

  /** All brokers receive the same heartbeats: they must not all choose the least busy agent. */
  @Test
  void brokersDoNotAllChooseTheSameAgent() {
    for (int agents : new int[] {2, 3, 20}) {
      Map<ProcessId, Integer> chosen = new HashMap<>();
      for (int broker = 0; broker < 1_000; broker++) {
        AgentRegistry one =
            new AgentRegistry(
                new AgentLimits(100, 100, OutlierDetection.OFF), new SplittableRandom(broker));
        for (int i = 0; i < agents; i++) {
          one.onHeartbeat(busyBeat("plant.a%d-aaaaaa".formatted(i), i), now);
        }
        chosen.merge(one.choose(ORDERS, Set.of()).orElseThrow().id(), 1, Integer::sum);
      }

      int leastBusy = chosen.get(ProcessId.parse("plant.a0-aaaaaa"));
      assertThat(chosen).as("each agent is chosen").hasSize(agents);
      assertThat(leastBusy).as("of 1,000 choices among %d agents", agents).isLessThan(800);
      assertThat(leastBusy).as("the most often").isEqualTo(Collections.max(chosen.values()));
    }
  }

  private static UpstreamHeartbeat busyBeat(String id, int inFlight) {
    return new UpstreamHeartbeat(
        ProcessId.parse(id), ORDERS, AgentState.READY, 100, inFlight, 2_000, "1");
  }

  @Test
  void capacityOfZeroIsNoFreeSlot() {
    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 0);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1);
    Agent second = choose(ORDERS);
    registry.acquireSlot(second);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 0);
    registry.onRejected(second);
    registry.releaseSlot(second);

    assertThat(registry.hasFree(ORDERS)).isFalse();

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 1);

    assertThat(choose(ORDERS).id()).isEqualTo(ProcessId.parse("plant.a-aaaaaa"));
  }

  /** The counts match the known agents, and the limits hold, after random events. */
  @Test
  void countsStayConsistentInRandomHistories() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      AgentRegistry some = new AgentRegistry(new AgentLimits(3, 7, OutlierDetection.OFF), random);
      now = T0;
      for (int i = 0; i < 300; i++) {
        now += Duration.ofMillis(random.nextInt(300)).toNanos();
        String id = "plant%d.a%d-aaaaaa".formatted(random.nextInt(4), random.nextInt(4));
        String target = random.nextBoolean() ? ORDERS : BILLING;
        AgentState state = STATES.get(random.nextInt(STATES.size()));
        switch (random.nextInt(4)) {
          case 0 -> some.onTick(now);
          case 1 ->
              some.choose(target, Set.of())
                  .ifPresent(
                      agent -> {
                        some.acquireSlot(agent);
                        some.onHeartbeat(beat(id, target, state, 2, 500), now);
                        some.releaseSlot(agent);
                      });
          default -> some.onHeartbeat(beat(id, target, state, random.nextInt(3), 500), now);
        }
        assertThat(some.size()).as("seed %d", seed).isLessThanOrEqualTo(7);
      }
      some.onTick(now + Duration.ofSeconds(2).toNanos());
      some.onTick(now + Duration.ofSeconds(2).toNanos());
      assertThat(some.size()).as("seed %d", seed).isZero();
      assertThat(some.areAtRest()).as("seed %d", seed).isTrue();
      assertThat(some.hasFree(ORDERS)).as("seed %d", seed).isFalse();
      for (int i = 0; i < 3; i++) {
        String id = "plant0.b%d-aaaaaa".formatted(i);
        assertThat(some.onHeartbeat(beat(id, ORDERS, AgentState.READY, 1, 500), now))
            .as("seed %d", seed)
            .isTrue();
      }
    }
  }

  private boolean heartbeat(String id, String target) {
    return heartbeat(id, target, AgentState.READY, 10);
  }

  private boolean heartbeat(String id, String target, AgentState state, int capacity) {
    return registry.onHeartbeat(beat(id, target, state, capacity, 2_000), now);
  }

  private static UpstreamHeartbeat beat(
      String id, String target, AgentState state, int capacity, long interval) {
    return new UpstreamHeartbeat(ProcessId.parse(id), target, state, capacity, 0, interval, "1");
  }

  private Agent choose(String target) {
    Optional<Agent> agent = registry.choose(target, Set.of());
    return agent.orElseThrow();
  }

  private Set<Agent> tick(Duration later) {
    now += later.toNanos();
    return registry.onTick(now);
  }
}
