package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static io.github.httplongcut.broker.core.RouterFixture.CLIENT;
import static io.github.httplongcut.broker.core.RouterFixture.TARGET;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Snapshots of the router for operators. */
class RouterStatusTest {

  private static final long HOUR = 3_600_000;

  private final RouterFixture fixture = new RouterFixture(RouterFixture::largeLimits);

  @Test
  void targetWithAFreeSlotIsOk() {
    fixture.heartbeat(AGENT_1, 3, 1);
    fixture.heartbeat(AGENT_2, 1, 0);
    fixture.get(1);

    TargetStatus orders = orders();
    assertThat(orders.state()).isEqualTo(TargetStatus.State.OK);
    assertThat(orders.reason()).isEmpty();
    assertThat(orders.agents())
        .isEqualTo(
            new TargetStatus.Agents(
                2, 2, 2, 4, 2, "", new TargetStatus.AgentCounts(1, 1, 0, 0, 0)));
    assertThat(orders.requests()).isEqualTo(new TargetStatus.Requests(1, 0, 0, 0));
    assertThat(orders.withoutAgentSince()).isEmpty();
    assertThat(orders.lastAgent()).isEmpty();
  }

  @Test
  void targetWithoutAFreeSlotIsFull() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    assertThat(orders().reason()).isEqualTo("no slot is free: 1 agent with 1 slot");
    fixture.get(2);
    fixture.get(3);

    assertThat(orders().state()).isEqualTo(TargetStatus.State.FULL);
    assertThat(orders().reason())
        .isEqualTo("no slot is free: 1 agent with 1 slot; 2 requests waiting");
    assertThat(orders().requests()).isEqualTo(new TargetStatus.Requests(1, 2, 0, 0));
  }

  @Test
  void targetWhoseAgentsCannotReachTheirServersIsFailing() {
    fixture.heartbeat(AGENT_1, AgentState.READY, "since 14:02:11Z: cannot connect");
    fixture.heartbeat(AGENT_2, AgentState.READY, "since 14:02:12Z: cannot connect");
    fixture.get(1);
    fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1);
    fixture.error(1, 2, Failure.UPSTREAM_UNREACHABLE, AGENT_2);

    assertThat(orders().state()).isEqualTo(TargetStatus.State.FAILING);
    assertThat(orders().reason())
        .isEqualTo(
            "none of its 2 agents serves it: plant1.a-aaaaaa: since 14:02:11Z: cannot connect");
    assertThat(orders().agents().healthy()).isZero();
    assertThat(orders().agents().free()).as("a failing agent is tried again").isEqualTo(2);
    assertThat(orders().requests().failed()).isEqualTo(1);
  }

  @Test
  void healthyAgentKeepsTheTargetOk() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.heartbeat(AGENT_2, 3, 0);
    fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1);

    assertThat(orders().state()).isEqualTo(TargetStatus.State.OK);
    assertThat(orders().agents().free()).as("of the healthy agent only").isEqualTo(2);
    assertThat(orders().agents().trouble())
        .isEqualTo("plant1.a-aaaaaa: it could not reach its server");
    assertThat(agent(AGENT_1.user()).standing()).isEqualTo("failing");
    assertThat(agent(AGENT_2.user()).reason()).isEmpty();
  }

  @Test
  void targetWhoseAgentsTakeNothingHasNoAgent() {
    fixture.heartbeat(AGENT_1, AgentState.DRAINING, "the agent is stopping");

    assertThat(orders().state()).isEqualTo(TargetStatus.State.NO_AGENT);
    assertThat(orders().reason())
        .isEqualTo("its agent takes no requests: plant1.a-aaaaaa: the agent is stopping");
    assertThat(orders().withoutAgentSince()).hasValue(fixture.now());
  }

  @Test
  void targetThatLostItsAgentsNamesTheLastAndItsReason() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.at(5).heartbeat(AGENT_1, AgentState.GONE, "health check GET /health answers 500");
    long lostAt = fixture.at(10).now();
    OptionalLong since = orders().withoutAgentSince();
    fixture.at(2_010).heartbeat(AGENT_1, AgentState.GONE, "health check GET /health answers 503");

    assertThat(since).hasValue(lostAt);
    assertThat(orders().withoutAgentSince()).as("at the first snapshot").hasValue(lostAt);
    assertThat(orders().state()).isEqualTo(TargetStatus.State.NO_AGENT);
    assertThat(orders().reason()).isEqualTo("no upstream agent");
    assertThat(orders().lastAgent())
        .hasValue(
            new LastAgent(
                AGENT_1, LastAgent.Departure.GONE, "health check GET /health answers 503"));

    fixture.heartbeat(AGENT_1, 1, 0);
    assertThat(orders().withoutAgentSince()).isEmpty();
  }

  @Test
  void silentAgentIsRememberedWithItsLastReason() {
    fixture.heartbeat(AGENT_1, AgentState.READY, "cannot connect");
    fixture.tick(6_000);

    assertThat(orders().agents()).isEqualTo(TargetStatus.Agents.NONE);
    assertThat(orders().lastAgent())
        .hasValue(new LastAgent(AGENT_1, LastAgent.Departure.SILENT, "cannot connect"));
  }

  @Test
  void targetWithoutAgentIsRememberedForAnHour() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.heartbeat(AGENT_1, AgentState.GONE, "the agent is stopping");
    fixture.at(HOUR - 1);
    assertThat(fixture.router.view().status(fixture.now()).targets()).hasSize(1);
    fixture.get(1);
    fixture.at(2 * HOUR - 2);
    assertThat(fixture.router.view().status(fixture.now()).targets())
        .as("since its last request")
        .hasSize(1);
    fixture.at(2 * HOUR);

    assertThat(fixture.router.view().status(fixture.now()).targets()).isEmpty();
  }

  @Test
  void madeUpNamesDoNotDisplaceRealTargets() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.response(1, 1, AGENT_1);
    fixture.heartbeat(AGENT_1, AgentState.GONE, "the agent is stopping");
    for (int i = 0; i < 2 * KnownTargets.MAX; i++) {
      fixture.receive(
          RouterFixture.request(10 + i, "GET", "made-up-" + i, 1_000), fixture.delivery());
    }

    assertThat(fixture.router.view().status(fixture.now()).targets())
        .hasSize(KnownTargets.MAX + 1)
        .extracting(TargetStatus::name)
        .contains(TARGET);
    assertThat(orders().requests().answered()).isEqualTo(1);
  }

  @Test
  void endsAreCountedByTarget() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.response(1, 1, AGENT_1);
    fixture.get(2);
    fixture.error(2, 2, Failure.UPSTREAM_TIMEOUT, AGENT_1);
    fixture.get(3);
    fixture.cancel(3, CLIENT);

    assertThat(orders().requests()).isEqualTo(new TargetStatus.Requests(0, 0, 1, 1));
  }

  @Test
  void agentHasItsSlotsStandingAndAge() {
    fixture.heartbeat(AGENT_1, 4, 1);
    fixture.at(120).get(1);

    AgentStatus agent = agent(AGENT_1.user());
    assertThat(agent.state()).isEqualTo(AgentState.READY);
    assertThat(agent.standing()).isEqualTo("good");
    assertThat(agent.slots()).isEqualTo(new AgentStatus.Slots(4, 2, 2));
    assertThat(agent.silentNanos()).isEqualTo(120_000_000L);
    assertThat(agent.version()).isEqualTo("1");
    assertThat(agent.reason()).isEmpty();

    fixture.published(1, DispatchOutcome.RETURNED);
    assertThat(agent(AGENT_1.user()).standing()).isEqualTo("returned");
    assertThat(agent(AGENT_1.user()).reason()).isEqualTo("its inbox does not exist");
  }

  /** Its next heartbeat lets the broker try it again, and shows nothing about its server. */
  @Test
  void agentIsFailingUntilItsServerResponds() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1);
    fixture.heartbeat(AGENT_1, 1, 0);

    assertThat(agent(AGENT_1.user()).standing()).isEqualTo("failing");
    assertThat(orders().state()).isEqualTo(TargetStatus.State.FAILING);
    assertThat(orders().reason()).endsWith("plant1.a-aaaaaa: it could not reach its server");

    fixture.get(2);
    fixture.response(2, 2, AGENT_1);
    assertThat(agent(AGENT_1.user()).standing()).isEqualTo("good");
    assertThat(orders().state()).isEqualTo(TargetStatus.State.OK);
  }

  @Test
  void suspectAgentSaysWhy() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.undelivered(1, Undelivered.DEAD_LETTERED);

    assertThat(agent(AGENT_1.user()).standing()).isEqualTo("suspect");
    assertThat(orders().reason())
        .isEqualTo(
            "its agent does not serve it: plant1.a-aaaaaa: it did not take its last request");
  }

  @Test
  void clientAgentsAreKnownByTheirRequests() {
    fixture.get(1);
    fixture.at(10).getOf("beta", 2);
    fixture.at(20).get(3);

    assertThat(fixture.router.view().status(fixture.now()).clients())
        .extracting(
            client -> client.id().user() + " " + client.requests() + ", " + client.version())
        .as("the latest last, with the release of its last request")
        .containsExactly("beta 1, release 2", "acme 2, release 3");
  }

  @Test
  void clientAgentsAreLimited() {
    for (int i = 0; i < KnownClients.MAX + 2; i++) {
      fixture.getOf("user" + i, i + 1);
    }

    assertThat(fixture.router.view().status(fixture.now()).clients())
        .hasSize(KnownClients.MAX)
        .extracting(client -> client.id().user())
        .startsWith("user2");
  }

  @Test
  void clientAgentIsRememberedForAnHourAfterItsLastRequest() {
    fixture.getOf("beta", 1);
    fixture.at(1).getOf("acme", 2);
    fixture.at(HOUR - 1).getOf("acme", 3);
    assertThat(fixture.router.view().status(fixture.now()).clients()).hasSize(2);

    fixture.at(HOUR);
    assertThat(fixture.router.view().status(fixture.now()).clients())
        .extracting(client -> client.id().user() + " " + client.requests())
        .containsExactly("acme 2");

    fixture.at(2 * HOUR - 1);
    assertThat(fixture.router.view().status(fixture.now()).clients()).isEmpty();
  }

  @Test
  void forgottenClientAgentsLeaveRoomForNewOnes() {
    for (int i = 0; i < KnownClients.MAX; i++) {
      fixture.getOf("user" + i, i + 1);
    }
    fixture.at(HOUR);
    assertThat(fixture.router.view().status(fixture.now()).clients()).isEmpty();

    for (int i = 0; i < KnownClients.MAX; i++) {
      fixture.getOf("user" + i, KnownClients.MAX + i + 1);
    }
    assertThat(fixture.router.view().status(fixture.now()).clients()).hasSize(KnownClients.MAX);
  }

  @Test
  void userThatMakesUpClientAgentsDisplacesNoOthers() {
    fixture.getOf("beta", 1);
    for (int i = 0; i < 2 * KnownClients.MAX; i++) {
      fixture.getOf(ProcessId.create("acme", "c"), i + 2);
    }

    assertThat(fixture.router.view().status(fixture.now()).clients())
        .hasSize(KnownClients.MAX)
        .extracting(client -> client.id().user())
        .contains("beta");
  }

  @Test
  void agentsThatAreNotWellComeFirst() {
    RouterFixture many =
        new RouterFixture(
            limits ->
                new RouterLimits(
                    limits.waitTimeout(),
                    limits.ackTimeout(),
                    limits.replyTimeout(),
                    limits.maxInFlight(),
                    limits.maxInFlightBytes(),
                    limits.waiting(),
                    limits.shares(),
                    limits.maxAttempts(),
                    new AgentLimits(10_000, 10_000, OutlierDetection.OFF)));
    for (int i = 0; i < StatusReporter.MAX_AGENTS + 5; i++) {
      many.heartbeat(AGENT_1.renewed(), 1, 0);
    }
    many.heartbeat(AGENT_2, AgentState.DRAINING, "the agent is stopping");

    StatusSnapshot status = many.router.view().status(many.now());
    assertThat(status.agents()).hasSize(StatusReporter.MAX_AGENTS);
    assertThat(status.agents().get(0).id()).isEqualTo(AGENT_2);
    assertThat(status.moreAgents()).isEqualTo(6);
  }

  private TargetStatus orders() {
    return fixture.router.view().status(fixture.now()).targets().stream()
        .filter(target -> target.name().equals(TARGET))
        .findFirst()
        .orElseThrow();
  }

  private AgentStatus agent(String user) {
    return fixture.router.view().status(fixture.now()).agents().stream()
        .filter(agent -> agent.id().user().equals(user))
        .findFirst()
        .orElseThrow();
  }
}
