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

/** How many agents there may be (docs/protocol.md section 6), and what they cost. */
class AgentRegistryTest {

  private static final String ORDERS = "orders";
  private static final String BILLING = "billing";
  private static final List<AgentState> STATES = List.of(AgentState.values());

  /** Close to where {@code nanoTime} overflows, which must make no difference. */
  private static final long T0 = Long.MAX_VALUE - 1_000_000_000L;

  private final AgentRegistry registry =
      new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.OFF), new TurnByTurn());
  private long now = T0;

  @Test
  void aUserHasOnlySoManyAgentsForATarget() {
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).isTrue();
    assertThat(heartbeat("plant.b-aaaaaa", ORDERS)).isTrue();

    assertThat(heartbeat("plant.c-aaaaaa", ORDERS)).isFalse();

    assertThat(registry.size()).isEqualTo(2);
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).as("one that is known").isTrue();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).as("for another target").isTrue();
    assertThat(heartbeat("works.a-aaaaaa", ORDERS)).as("of another user").isTrue();
  }

  @Test
  void anAgentThatIsGoneMakesRoomAtOnce() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.GONE, 10);

    assertThat(registry.size()).isEqualTo(1);
    assertThat(heartbeat("plant.c-aaaaaa", ORDERS)).isTrue();
  }

  @Test
  void anAgentThatIsGoneIsKeptWhileItRunsSomething() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent agent = choose(ORDERS);
    registry.take(agent);

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.GONE, 10);

    assertThat(registry.isKnown(agent)).isTrue();
  }

  @Test
  void overTheTotalTheUserWithTheMostAgentsLosesTheOneHeardLongestAgo() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("plant.c-aaaaaa", BILLING);
    heartbeat("works.a-aaaaaa", ORDERS);
    heartbeat("plant.a-aaaaaa", ORDERS);

    assertThat(heartbeat("mill.a-aaaaaa", ORDERS)).isTrue();

    assertThat(registry.size()).isEqualTo(4);
    assertThat(registry.displaced()).isEqualTo(1);
    assertThat(heartbeat("plant.b-aaaaaa", ORDERS))
        .as("is forgotten, and may not return")
        .isFalse();
    assertThat(heartbeat("plant.a-aaaaaa", ORDERS)).isTrue();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).isTrue();
  }

  @Test
  void overTheTotalTheUserWithTheMostAgentsGetsNoFurtherOne() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("plant.a-aaaaaa", BILLING);
    heartbeat("works.a-aaaaaa", ORDERS);

    assertThat(heartbeat("plant.b-aaaaaa", BILLING)).isFalse();

    assertThat(heartbeat("works.a-aaaaaa", ORDERS)).isTrue();
    assertThat(registry.displaced()).isZero();
  }

  /** Else each heartbeat would push out the other's agent, for ever. */
  @Test
  void usersWithAsManyAgentsDoNotPushOutEachOthers() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    heartbeat("works.a-aaaaaa", ORDERS);
    heartbeat("works.b-aaaaaa", ORDERS);

    assertThat(heartbeat("works.c-aaaaaa", BILLING)).isFalse();
    assertThat(heartbeat("plant.c-aaaaaa", BILLING)).isFalse();

    assertThat(heartbeat("mill.a-aaaaaa", BILLING)).isTrue();
    assertThat(heartbeat("mill.b-aaaaaa", BILLING)).as("one less is no more").isFalse();
  }

  @Test
  void anAgentThatRunsSomethingIsNotPushedOut() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent first = choose(ORDERS);
    registry.take(first);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent second = choose(ORDERS);
    registry.take(second);
    heartbeat("plant.a-aaaaaa", BILLING);
    Agent third = choose(BILLING);
    registry.take(third);
    heartbeat("works.a-aaaaaa", ORDERS);

    assertThat(heartbeat("mill.a-aaaaaa", BILLING)).as("all of plant's are at work").isFalse();

    registry.release(second);

    assertThat(heartbeat("mill.a-aaaaaa", BILLING)).isTrue();
    assertThat(registry.isKnown(first)).isTrue();
    assertThat(registry.isKnown(second)).isFalse();
    assertThat(registry.isKnown(third)).isTrue();
  }

  @Test
  void anAgentIsForgottenWhenItsOwnThreeHeartbeatsStayAway() {
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
    assertThat(registry.silent()).isEqualTo(2);
  }

  @Test
  void aSignOfLifeCountsAsAHeartbeat() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    tick(Duration.ofSeconds(5));

    registry.onSignOfLife(ORDERS, ProcessId.parse("plant.a-aaaaaa"), now);
    registry.onSignOfLife(BILLING, ProcessId.parse("plant.a-aaaaaa"), now);

    assertThat(tick(Duration.ofMillis(5_999))).isEmpty();
    assertThat(tick(Duration.ofMillis(1))).hasSize(1);
  }

  /** It is free at once, so its share in use is always the smallest. */
  @Test
  void anAgentThatFailsIsTheLastChoice() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent failing = choose(ORDERS);
    registry.failed(failing, now);

    Agent sound = choose(ORDERS);
    assertThat(sound).isNotEqualTo(failing);
    registry.take(sound);
    assertThat(choose(ORDERS)).isEqualTo(sound);
    assertThat(registry.choose(ORDERS, Set.of(sound.id()))).contains(failing);
  }

  @Test
  void whileASoundOneIsFullNobodyGoesToOneThatFails() {
    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 1);
    Agent failing = choose(ORDERS);
    registry.failed(failing, now);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1);
    registry.take(choose(ORDERS));

    assertThat(registry.choose(ORDERS, Set.of())).isEmpty();

    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.DRAINING, 1);

    assertThat(registry.hasFree(ORDERS)).isTrue();
    assertThat(choose(ORDERS)).isEqualTo(failing);
  }

  @Test
  void withTheNextHeartbeatItGetsOneRequestAndOnceThatIsAnsweredAll() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent first = choose(ORDERS);
    registry.failed(first, now);
    heartbeat("plant.b-aaaaaa", ORDERS);
    Agent second = choose(ORDERS);
    registry.take(second);

    heartbeat("plant.a-aaaaaa", ORDERS);

    assertThat(choose(ORDERS)).isEqualTo(first);
    registry.take(first);
    assertThat(choose(ORDERS)).as("the others wait for its answer").isEqualTo(second);
    registry.take(second);
    registry.onAnswer(ORDERS, first.id(), 200, now);
    assertThat(choose(ORDERS)).isEqualTo(first);
  }

  @Test
  void eachFailureInARowMakesThePauseLonger() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent failing = choose(ORDERS);
    heartbeat("plant.b-aaaaaa", ORDERS);
    registry.failed(failing, now);
    heartbeat("plant.a-aaaaaa", ORDERS);
    assertThat(failing.rank()).as("no pause after the first").isEqualTo(Agent.Rank.FIRST);
    for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 32}) {
      registry.failed(failing, now);
      now += Duration.ofSeconds(seconds).toNanos() - 1;
      heartbeat("plant.a-aaaaaa", ORDERS);
      assertThat(failing.rank()).as("before " + seconds).isEqualTo(Agent.Rank.FAILING);
      now += 1;
      heartbeat("plant.a-aaaaaa", ORDERS);
      assertThat(failing.rank()).as("after " + seconds).isEqualTo(Agent.Rank.FIRST);
    }

    registry.onAnswer(ORDERS, failing.id(), 200, now);
    registry.failed(failing, now);
    heartbeat("plant.a-aaaaaa", ORDERS);
    assertThat(failing.rank()).as("the first again").isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void serverErrorsCountOnlyIfTheyAreAskedTo() {
    heartbeat("plant.a-aaaaaa", ORDERS);
    Agent agent = choose(ORDERS);

    answers(registry, agent, RecentAnswers.FEWEST, 500);

    assertThat(agent.rank()).isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void anAgentWithMostlyServerErrorsIsChosenOnlyWithoutOthers() {
    AgentRegistry judging =
        new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.ON), new TurnByTurn());
    judging.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    Agent outlier = judging.choose(ORDERS, Set.of()).orElseThrow();
    judging.onHeartbeat(beat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1, 2_000), now);

    answers(judging, outlier, RecentAnswers.FEWEST - 1, 503);
    assertThat(outlier.rank()).as("too few to tell").isEqualTo(Agent.Rank.FIRST);
    answers(judging, outlier, 1, 503);
    assertThat(outlier.rank()).isEqualTo(Agent.Rank.OUTLIER);

    Agent other = judging.choose(ORDERS, Set.of()).orElseThrow();
    assertThat(other).isNotEqualTo(outlier);
    judging.take(other);
    assertThat(judging.choose(ORDERS, Set.of())).as("the other is full").contains(outlier);

    answers(judging, outlier, RecentAnswers.FEWEST, 404);
    assertThat(outlier.rank()).as("half of them").isEqualTo(Agent.Rank.FIRST);
  }

  @Test
  void serverErrorsAreForgotten() {
    AgentRegistry judging =
        new AgentRegistry(new AgentLimits(2, 4, OutlierDetection.ON), new TurnByTurn());
    judging.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    Agent agent = judging.choose(ORDERS, Set.of()).orElseThrow();
    answers(judging, agent, RecentAnswers.FEWEST, 500);

    now += RecentAnswers.WINDOW.toNanos();
    judging.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);
    assertThat(agent.rank()).isEqualTo(Agent.Rank.OUTLIER);
    now += RecentAnswers.WINDOW.toNanos();
    judging.onHeartbeat(beat("plant.a-aaaaaa", ORDERS, AgentState.READY, 10, 2_000), now);

    assertThat(agent.rank()).isEqualTo(Agent.Rank.FIRST);
  }

  private void answers(AgentRegistry registry, Agent agent, int number, int statusCode) {
    for (int i = 0; i < number; i++) {
      registry.onAnswer(agent.target(), agent.id(), statusCode, now);
    }
  }

  /** All hear the same heartbeats: the least busy agent must not get the next request of each. */
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
      assertThat(chosen).as("each is chosen at times").hasSize(agents);
      assertThat(leastBusy).as("of 1,000 by %d agents", agents).isLessThan(800);
      assertThat(leastBusy).as("the most of all").isEqualTo(Collections.max(chosen.values()));
    }
  }

  private static UpstreamHeartbeat busyBeat(String id, int inFlight) {
    return new UpstreamHeartbeat(
        ProcessId.parse(id), ORDERS, AgentState.READY, 100, inFlight, 2_000, "1");
  }

  @Test
  void noCapacityIsNoShareInUse() {
    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 0);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 1);
    Agent second = choose(ORDERS);
    registry.take(second);
    heartbeat("plant.b-aaaaaa", ORDERS, AgentState.READY, 0);
    registry.rejected(second);
    registry.release(second);

    assertThat(registry.hasFree(ORDERS)).isFalse();

    heartbeat("plant.a-aaaaaa", ORDERS, AgentState.READY, 1);

    assertThat(choose(ORDERS).id()).isEqualTo(ProcessId.parse("plant.a-aaaaaa"));
  }

  /** Whatever comes, the agents are as many as were counted, and the limits hold. */
  @Test
  void countsStayRightWhateverComes() {
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
                        some.take(agent);
                        some.onHeartbeat(beat(id, target, state, 2, 500), now);
                        some.release(agent);
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
