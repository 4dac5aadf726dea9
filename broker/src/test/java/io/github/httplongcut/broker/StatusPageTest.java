package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.ProcessDescription;
import io.github.httplongcut.admin.ProcessInfo;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.Receipt;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.core.SequentialRandom;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.session.SessionState;
import io.github.httplongcut.share.ShareRule;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class StatusPageTest {

  private static final ProcessId BROKER = new ProcessId("broker", "b-aaaaaa");
  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final long SECOND = 1_000_000_000L;

  private final BrokerConfig.Limits limits =
      new BrokerConfig.Limits(
          40,
          1 << 20,
          new WaitingLimits(10, 10),
          new ShareRule(0.5, 40),
          3,
          new AgentLimits(10_000, 10_000, OutlierDetection.OFF));
  private final Router router =
      new Router(
          BROKER,
          new RouterLimits(
              MINUTE,
              MINUTE,
              MINUTE,
              limits.maxInFlight(),
              limits.maxInFlightBytes(),
              limits.waiting(),
              limits.shares(),
              limits.maxAttempts(),
              limits.agents()),
          UUID::randomUUID,
          new SequentialRandom(),
          (request, dispatch, from, to, why) -> {});
  private final List<StatusSnapshot> snapshots = new ArrayList<>();
  private final StatusBoard board = new StatusBoard(snapshots::add);
  private long now = 5 * SECOND;
  private SessionState session = new SessionState(true, true, false);
  private final StatusPage page =
      new StatusPage(
          board,
          new ProcessInfo(
              new ProcessDescription(Role.BROKER, "b", () -> BROKER, ""), new Readiness()),
          new WallTime(() -> Instant.parse("2026-11-29T14:02:11.250Z"), () -> now),
          new StatusPage.Live(
              () -> session,
              () -> Intake.State.OPEN,
              () -> new Readiness.State(true, "consumed"),
              limits));

  @Test
  void statusIsThatOfTheContract() throws Exception {
    heartbeat(AgentState.READY, "");
    receive(1, "orders");
    tick();
    now += SECOND / 10;

    JsonNode status = status();

    assertThat(status.fieldNames())
        .toIterable()
        .containsExactly(
            "process",
            "taken_at",
            "rabbitmq",
            "intake",
            "requests",
            "targets",
            "upstream_agents",
            "client_agents",
            "truncated");
    assertThat(status.get("process").get("id").textValue()).isEqualTo("broker.b-aaaaaa");
    assertThat(status.get("process").has("conditions")).isFalse();
    assertThat(status.get("taken_at").textValue()).isEqualTo("2026-11-29T14:02:11.150Z");
    ((ObjectNode) status).remove(List.of("process", "taken_at"));
    assertThat(status)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"rabbitmq":{"state":"up","detail":"connected"},
                     "intake":{"state":"open","detail":"consumed"},
                     "requests":{"waiting":0,"settling":0,"dispatched":1,"running":0,
                                 "max_in_flight":40,"max_waiting":10},
                     "targets":[{"name":"orders","state":"ok","reason":"","served":true,"agents":1,
                                 "capacity":4,"free":3,"in_flight":1,"waiting":0,
                                 "answered":0,"failed":0}],
                     "upstream_agents":[{"id":"plant.a-aaaaaa","user":"plant",
                                         "target":"orders","state":"ready","standing":"good",
                                         "capacity":4,"in_flight":1,"free":3,
                                         "last_heard_ms":0,"interval_ms":2000,"version":"1","reason":""}],
                     "client_agents":[{"id":"acme.c-aaaaaa","user":"acme","version":"",
                                       "last_request_ms":0,"requests":1}],
                     "truncated":{"targets":0,"upstream_agents":0}}
                    """));
  }

  @Test
  void lostAgentIsNamedWithItsReasonAndTime() throws Exception {
    heartbeat(AgentState.READY, "");
    heartbeat(AgentState.GONE, "health check GET /health answers 500");
    tick();

    assertThat(target("orders").get("state").textValue()).isEqualTo("no_agent");
    assertThat(target("orders").get("reason").textValue())
        .isEqualTo(
            "no upstream agent since 14:02:11Z; the last was plant.a-aaaaaa, which said: health"
                + " check GET /health answers 500");
  }

  @Test
  void agentThatStoppedWithoutAReasonIsNamed() throws Exception {
    heartbeat(AgentState.READY, "");
    heartbeat(AgentState.GONE, "");
    tick();

    assertThat(target("orders").get("reason").textValue())
        .endsWith("the last was plant.a-aaaaaa, which has stopped");
  }

  @Test
  void silentAgentIsNamed() throws Exception {
    heartbeat(AgentState.READY, "");
    now += 10 * SECOND;
    router.onTick(now);
    tick();

    assertThat(target("orders").get("reason").textValue())
        .endsWith("the last was plant.a-aaaaaa, whose heartbeats stopped");
  }

  @Test
  void drainingAgentIsNamedWithTheTime() throws Exception {
    heartbeat(AgentState.DRAINING, "the agent is stopping");
    tick();

    assertThat(target("orders").get("reason").textValue())
        .isEqualTo(
            "its agent takes no requests: plant.a-aaaaaa: the agent is stopping, since 14:02:11Z");
  }

  @Test
  void unknownTargetSaysSo() throws Exception {
    receive(1, "typo");
    tick();

    assertThat(target("typo").get("reason").textValue())
        .isEqualTo("no upstream agent: this broker has seen none for this target");
    assertThat(target("typo").get("served").booleanValue()).isFalse();
    assertThat(target("typo").get("waiting").intValue()).isEqualTo(1);
  }

  @Test
  void targetsAreLimitedToThoseWithAgentsFirst() throws Exception {
    for (int i = 0; i < StatusJson.MAX_TARGETS; i++) {
      receive(i + 1, "a" + i);
    }
    heartbeat(AgentState.READY, "");
    tick();

    JsonNode status = status();
    assertThat(status.get("targets")).hasSize(StatusJson.MAX_TARGETS);
    assertThat(status.get("truncated").get("targets").intValue()).isEqualTo(1);
    assertThat(target("orders").get("state").textValue()).isEqualTo("ok");
  }

  @Test
  void connectionToRabbitMqIsUpBlockedOrDown() throws Exception {
    tick();

    session = new SessionState(true, true, true);
    assertThat(status().get("rabbitmq").get("state").textValue()).isEqualTo("blocked");
    session = new SessionState(true, false, false);
    assertThat(status().get("rabbitmq").get("state").textValue()).isEqualTo("down");
    assertThat(status().get("rabbitmq").get("detail").textValue())
        .startsWith("no connection to RabbitMQ to consume");
  }

  @Test
  void snapshotsAreASecondApart() {
    tick();
    now += SECOND - 1;
    tick();
    assertThat(snapshots).hasSize(1);
    now += 1;
    tick();
    assertThat(snapshots).hasSize(2);
  }

  @Test
  void thereIsNoStatusBeforeTheFirstTick() {
    assertThat(page.page().status()).isEqualTo(503);
  }

  private void heartbeat(AgentState state, String reason) {
    router.onHeartbeat(
        new UpstreamHeartbeat(
            AGENT,
            "orders",
            state,
            4,
            0,
            2_000,
            "1",
            reason.isEmpty() ? Optional.empty() : Optional.of(reason)),
        now);
  }

  private void receive(int number, String target) {
    Request request = new Request(target, "GET", "/", Headers.EMPTY, Body.ABSENT);
    router.onClientRequest(
        new ClientRequest(CLIENT, new UUID(1, number), 60_000, request), new Receipt() {}, now);
  }

  private void tick() {
    board.onTick(router.view(), now);
  }

  private JsonNode target(String name) throws IOException {
    for (JsonNode target : status().get("targets")) {
      if (target.get("name").textValue().equals(name)) {
        return target;
      }
    }
    throw new AssertionError(name);
  }

  private JsonNode status() throws IOException {
    PageAnswer answer = page.page();
    assertThat(answer.status()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }
}
