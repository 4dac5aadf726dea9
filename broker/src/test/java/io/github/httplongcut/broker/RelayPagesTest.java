package io.github.httplongcut.broker;

import static io.github.httplongcut.broker.core.RequestRecords.answered;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.PageQuery;
import io.github.httplongcut.admin.ServerSentEvent;
import io.github.httplongcut.broker.core.AgentStatus;
import io.github.httplongcut.broker.core.ClientStatus;
import io.github.httplongcut.broker.core.LastAgent;
import io.github.httplongcut.broker.core.Reports;
import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.broker.inspect.PathMask;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.LatencyCounts;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayPagesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ProcessId OWN = new ProcessId("broker", "one-aaaaaa");
  private static final ProcessId OTHER = new ProcessId("broker2", "two-aaaaaa");
  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final long SECOND = 1_000_000_000L;

  private long now = 100 * SECOND;
  private Optional<String> trouble = Optional.empty();
  private final WallTime time =
      new WallTime(() -> Instant.parse("2026-11-29T14:02:11.250Z"), () -> now);
  private final RelayBoard board =
      new RelayBoard(Set.of("broker", "broker2"), new TargetReasons(time), () -> now);
  private final RelayPages pages =
      new RelayPages(
          board,
          time,
          new RelayPages.Live(OWN::toString, () -> trouble, InspectConfig.OFF, () -> now));

  @Test
  void relayIsThatOfTheContract() throws Exception {
    tick(orders(2));
    board.onPeerEvent(new BrokerStatus(OTHER, "0.2.0", Reports.of("ok")), "broker2");
    now += SECOND / 2;

    JsonNode relay = relay();

    assertThat(relay.fieldNames())
        .toIterable()
        .containsExactly(
            "taken_at",
            "broker",
            "uptime_ms",
            "version",
            "inspect",
            "notices",
            "brokers",
            "targets",
            "upstream_agents",
            "client_agents",
            "flows",
            "truncated");
    assertThat(relay.get("brokers").get(0))
        .isEqualTo(
            JSON.readTree(
                """
                {"id":"broker.one-aaaaaa","name":"one","version":"0.1.0","state":"ok","reason":"",
                 "this":true,"heard_ms":0,"uptime_ms":5000,"rabbitmq":"up","intake":"open",
                 "waiting":0,"settling":0,"dispatched":0,"running":2,"rate":2.0}"""));
    assertThat(relay.at("/brokers/1/state").textValue()).isEqualTo("ok");
    assertThat(relay.at("/brokers/1/heard_ms").intValue()).isEqualTo(500);
    assertThat(relay.get("targets").get(0))
        .isEqualTo(
            JSON.readTree(
                """
                {"name":"orders","state":"ok","reason":"","served":true,
                 "ready":1,"full":0,"draining":0,"suspect":0,"failing":0,"capacity":4,"free":2,
                 "in_flight":2,"waiting":0,"rate":2.0,"failed_rate":0.1,"p50_ms":null,"p99_ms":null,
                 "answered":7,"failed":1,"failures":{"upstream_timeout":1}}"""));
    assertThat(relay.get("upstream_agents").get(0).get("rate").doubleValue()).isEqualTo(1.9);
    assertThat(relay.get("upstream_agents").get(0).get("standing").textValue()).isEqualTo("good");
    assertThat(relay.get("client_agents"))
        .isEqualTo(
            JSON.readTree(
                """
                [{"id":"acme.c-aaaaaa","user":"acme","version":"0.0.9","last_request_ms":0,
                  "requests":8,"rate":2.0}]"""));
    assertThat(relay.get("flows"))
        .isEqualTo(
            JSON.readTree(
                """
                [{"from":"acme.c-aaaaaa","to":"broker.one-aaaaaa","target":"","rate":2.0},
                 {"from":"broker.one-aaaaaa","to":"plant.a-aaaaaa","target":"orders",
                  "rate":1.9}]"""));
  }

  @Test
  void relayIsRenderedOnceASecond() {
    tick(orders(2));
    PageAnswer first = pages.relay();
    now += SECOND - 1;
    assertThat(pages.relay()).isSameAs(first);
    now += 1;
    assertThat(pages.relay()).isNotSameAs(first);
  }

  /** The others are silent for a while before they are forgotten, so the page still shows them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "RabbitMQ has no exchange 'broker_status': import it",
        "This broker has no connection to RabbitMQ for 'broker_status': see event=amqp_down in its"
            + " log"
      })
  void noticeSaysWhatATroubleMeansForThePage(String sentence) throws Exception {
    trouble = Optional.of(sentence);
    tick(orders(2));
    board.onPeerEvent(new BrokerStatus(OTHER, "0.2.0", Reports.of("ok")), "broker2");
    now += 6 * SECOND;

    JsonNode relay = relay();

    assertThat(relay.at("/notices/0").textValue())
        .isEqualTo(
            sentence
                + ". Meanwhile this broker does not hear the others, and the numbers on this page"
                + " are its own.");
    assertThat(relay.at("/brokers/1/state").textValue()).isEqualTo("silent");
  }

  @Test
  void targetWithoutAgentSaysSinceWhenAndWhatTheLastOneSaid() throws Exception {
    tick(
        new TargetStatus(
            "orders",
            new TargetStatus.Agents(0, 0, 0, 0, 0, "", TargetStatus.AgentCounts.NONE),
            new TargetStatus.Requests(0, 3, 7, 1),
            TargetStatus.Recent.NONE,
            OptionalLong.of(now),
            Optional.of(
                new LastAgent(
                    AGENT, LastAgent.Departure.GONE, "health check GET /health answers 500"))));

    assertThat(relay().at("/targets/0/reason").textValue())
        .isEqualTo(
            "no upstream agent since 14:02:11Z; the last was plant.a-aaaaaa, which said: health check"
                + " GET /health answers 500");
  }

  @Test
  void statusThatIsNotOfItsSenderIsRefused() throws Exception {
    tick(orders(2));

    assertThat(board.onPeerEvent(new BrokerStatus(OTHER, "1", Reports.of("ok")), "broker"))
        .isFalse();
    assertThat(
            board.onPeerEvent(
                new BrokerStatus(new ProcessId("acme", "x-aaaaaa"), "1", Reports.of("ok")), "acme"))
        .isFalse();
    assertThat(board.onPeerEvent(new BrokerHello(OTHER, "1"), "broker2")).isFalse();
    assertThat(relay().get("brokers")).hasSize(1);
  }

  @Test
  void brokerThatHasJustStartedSaysSo() {
    assertThat(pages.relay().status()).isEqualTo(503);
  }

  @Test
  void historyHasAPointEveryFiveSeconds() throws Exception {
    for (int i = 0; i < 11; i++) {
      tick(orders(i));
      now += SECOND;
    }

    JsonNode history = JSON.readTree(history(Map.of("target", "orders")).body());
    assertThat(history.get("interval_ms").intValue()).isEqualTo(5_000);
    assertThat(history.get("points").intValue()).isEqualTo(3);
    assertThat(history.get("in_flight")).isEqualTo(JSON.readTree("[0,5,10]"));
    assertThat(history.get("p50_ms")).isEqualTo(JSON.readTree("[null,null,null]"));
    assertThat(JSON.readTree(history(Map.of()).body()).get("rate"))
        .isEqualTo(JSON.readTree("[2.0,2.0,2.0]"));
    assertThat(history(Map.of("target", "other")).status()).isEqualTo(404);
  }

  @Test
  void streamHasTheRelayAndTheRequestsSinceTheLastEvent() throws Exception {
    RequestMemory memory = new RequestMemory(time, new PathMask(InspectConfig.OFF));
    memory.add(answered(1, 200, now, 5));
    RelayStream stream = RelayStream.open(pages, memory, new Captures(InspectConfig.OFF));
    assertThat(stream.poll()).extracting(ServerSentEvent::name).containsExactly("requests");
    tick(orders(2));
    memory.add(answered(2, 200, now, 5));

    List<ServerSentEvent> events = stream.poll();

    assertThat(events).extracting(ServerSentEvent::name).containsExactly("relay", "requests");
    JsonNode requests = JSON.readTree(events.get(1).data());
    assertThat(requests.get("next").intValue()).isEqualTo(2);
    assertThat(requests.get("omitted").intValue()).isZero();
    assertThat(requests.get("recent")).hasSize(1);
    assertThat(JSON.readTree(stream.poll().get(1).data()).get("recent")).isEmpty();
  }

  private void tick(TargetStatus target) {
    AgentStatus agent =
        new AgentStatus(
            AGENT,
            "orders",
            AgentState.READY,
            "good",
            new AgentStatus.Slots(4, 2, 2),
            0,
            2_000,
            "1",
            "");
    StatusSnapshot snapshot =
        new StatusSnapshot(
            now,
            new RouterStats.RequestCounts(0, 0, 0, 2),
            List.of(target),
            List.of(agent),
            0,
            List.of(new ClientStatus(CLIENT, "0.0.9", now, 8, 20)),
            new StatusSnapshot.Recent(
                10 * SECOND,
                new TrafficReport(20, 1, LatencyCounts.NONE),
                List.of(new FlowReport(AGENT, "orders", 19))));
    board.onSnapshot(snapshot, OWN, "0.1.0", new BrokerHealth("ok", "", "up", "open", 5_000));
  }

  private static TargetStatus orders(int inFlight) {
    return new TargetStatus(
        "orders",
        new TargetStatus.Agents(1, 1, 1, 4, 2, "", new TargetStatus.AgentCounts(1, 0, 0, 0, 0)),
        new TargetStatus.Requests(inFlight, 0, 7, 1),
        new TargetStatus.Recent(
            new TrafficReport(20, 1, LatencyCounts.NONE), Map.of("upstream_timeout", 1)),
        OptionalLong.empty(),
        Optional.empty());
  }

  private JsonNode relay() throws Exception {
    return JSON.readTree(pages.relay().body());
  }

  private PageAnswer history(Map<String, String> parameters) {
    return pages.history(new PageQuery("", parameters, "", "loopback 127.0.0.1"));
  }
}
