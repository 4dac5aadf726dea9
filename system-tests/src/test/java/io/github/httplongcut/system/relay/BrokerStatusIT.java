package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.BrokerLoad;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Brokers tell each other their status, and go on without it (docs/protocol.md section 4). */
class BrokerStatusIT {

  private static final String EXCHANGE = "broker_status";
  private static final String MEANWHILE =
      " Meanwhile this broker does not hear the others, and the numbers on this page are its own.";

  private static final Duration SOON = Duration.ofSeconds(20);

  /** Longer than the pause between two attempts, and than the memory for a silent broker. */
  private static final Duration LATER = Duration.ofSeconds(80);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static RabbitMq rabbitMq;
  private final HttpClient http = HttpClient.newHttpClient();
  private TestUpstream upstream;
  private Relay relay;

  @BeforeAll
  static void startRabbitMq() {
    rabbitMq = RabbitMq.dedicated();
  }

  @AfterAll
  static void stopRabbitMq() {
    rabbitMq.close();
  }

  @BeforeEach
  void begin() {
    upstream = new TestUpstream();
    relay = new Relay(rabbitMq::amqpUri, "BrokerStatusIT").withDefaultTimers();
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void everyBrokerShowsAllBrokers() throws Exception {
    RoleProcess client = relay.clientAgent();
    RoleProcess one = relay.broker();
    RoleProcess two = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    awaitBrokers(one, "ok", "ok");
    awaitBrokers(two, "ok", "ok");

    for (int i = 0; i < 40; i++) {
      assertThat(relay.get(client, "/some").statusCode()).isEqualTo(200);
    }

    for (RoleProcess broker : List.of(one, two)) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                JsonNode echo = target(relay(broker));
                assertThat(echo.path("answered").asInt()).isEqualTo(40);
                assertThat(echo.path("rate").asDouble()).isGreaterThan(1);
                assertThat(echo.path("p50_ms").isNumber()).isTrue();
              });
      assertThat(relay(broker).path("notices")).isEmpty();
      assertThat(relay(broker).path("flows")).isNotEmpty();
      assertThat(relay(broker).at("/client_agents/0/requests").asInt()).isEqualTo(40);
      assertThat(relay(broker).at("/client_agents/0/version").asText())
          .isNotEmpty()
          .isEqualTo(relay(broker).path("version").asText());
    }
    assertThat(relay(one).path("flows").findValuesAsText("from"))
        .contains(relay(one).path("broker").asText(), relay(two).path("broker").asText());
    for (RoleProcess broker : List.of(one, two)) {
      await().atMost(SOON).until(() -> sum(history(broker, "?target=echo").path("rate")) > 0);
    }

    two.kill();

    awaitBrokers(one, "ok", "silent");
    await().atMost(LATER).until(() -> relay(one).path("brokers").size() == 1);
    assertThat(one.output()).doesNotContain("event=peers_down");
  }

  @Test
  void brokerRunsOnWithoutTheExchange() throws Exception {
    rabbitMq.managementApi().delete("/api/exchanges/" + RabbitMq.VHOST + "/" + EXCHANGE);
    RoleProcess client = relay.clientAgent();
    RoleProcess one = relay.broker();
    RoleProcess two = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    String notice =
        "RabbitMQ has no exchange 'broker_status': import rabbitmq/definitions.json." + MEANWHILE;
    awaitNotice(one, notice);
    awaitNotice(two, notice);
    awaitBrokers(one, "ok");
    assertThat(relay.post(client, "/some", "x").statusCode()).isEqualTo(200);

    rabbitMq.importDefinitions(Checkout.file("rabbitmq/definitions.json"));

    awaitBrokers(one, "ok", "ok");
    awaitBrokers(two, "ok", "ok");
    assertThat(relay(one).path("notices")).isEmpty();
    assertRanOn(one, two);

    // And again while the brokers use it.
    rabbitMq.managementApi().delete("/api/exchanges/" + RabbitMq.VHOST + "/" + EXCHANGE);
    awaitNotice(one, notice);
    assertThat(relay.post(client, "/some", "x").statusCode()).isEqualTo(200);
    rabbitMq.importDefinitions(Checkout.file("rabbitmq/definitions.json"));
    awaitBrokers(one, "ok", "ok");
    assertThat(warnings(one)).hasSize(2);
    assertThat(one.metric("longcut_amqp_reconnects_total")).isZero();
  }

  @Test
  void brokerRunsOnWithoutThePermission() throws Exception {
    String own = "(broker|heartbeats)\\..+";
    List<String> writes =
        List.of(
            "client_request_ack",
            "broker_request",
            "broker_cancel",
            "broker_response",
            "broker_error",
            "broker_hello");
    List<String> reads =
        List.of(
            "client_request",
            "orphan",
            "broker_request_ack",
            "broker_request_undelivered",
            "upstream_response",
            "upstream_error",
            "upstream_heartbeat",
            "client_cancel");
    permit(own, writes, reads);
    RoleProcess client = relay.clientAgent();
    RoleProcess one = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    awaitNotice(
        one,
        "RabbitMQ user 'broker' may not write to the exchange 'broker_status': set the permissions"
            + " of a broker (docs/permissions.md)."
            + MEANWHILE);
    assertThat(relay.post(client, "/some", "x").statusCode()).isEqualTo(200);

    permit(own, with(writes), reads);
    awaitNotice(
        one,
        "RabbitMQ user 'broker' may not read from the exchange 'broker_status': set the permissions"
            + " of a broker (docs/permissions.md)."
            + MEANWHILE);

    permit(own, with(writes), with(reads));
    await().atMost(LATER).until(() -> relay(one).path("notices").isEmpty());
    assertThat(one.metric("longcut_amqp_reconnects_total")).isZero();
  }

  @Test
  void floodOfForeignMessagesDisturbsNoBroker() throws Exception {
    RoleProcess client = relay.clientAgent();
    RoleProcess one = relay.broker();
    RoleProcess two = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    awaitBrokers(one, "ok", "ok");

    try (Connection connection = rabbitMq.connect(RabbitMqUser.ADMIN, "flood");
        Channel channel = connection.createChannel()) {
      ProcessId stranger = ProcessId.create(RabbitMqUser.BROKER.login(), "stranger");
      byte[] madeUp = EventCodec.encode(new BrokerStatus(stranger, "9", emptyReport()));
      for (int i = 0; i < 20_000; i++) {
        byte[] body =
            switch (i % 4) {
              case 0 -> "garbage".getBytes(StandardCharsets.UTF_8);
              case 1 -> new byte[64 << 10];
              case 2 -> madeUp;
              default -> new byte[0];
            };
        channel.basicPublish(EXCHANGE, "", properties(), body);
        if (i % 1_000 == 0) {
          assertThat(relay.get(client, "/during").statusCode()).isEqualTo(200);
        }
      }
      channel.basicPublish(EXCHANGE, "", properties(), new byte[7 << 20]);
    }

    awaitBrokers(one, "ok", "ok");
    awaitBrokers(two, "ok", "ok");
    assertThat(one.output()).contains("event=message_discarded").doesNotContain("event=bug");
    assertThat(one.metric("longcut_amqp_reconnects_total")).isZero();
    assertThat(one.isReady()).isTrue();
  }

  private static BasicProperties properties() {
    return new BasicProperties.Builder().type(EXCHANGE).userId(RabbitMqUser.ADMIN.login()).build();
  }

  private static BrokerReport emptyReport() {
    return new BrokerReport(
        new BrokerHealth("ok", "", "up", "open", 1),
        new BrokerLoad(0, 0, 0, 0),
        1_000,
        TrafficReport.NONE,
        List.of(),
        List.of(),
        List.of(),
        new OmittedReports(0, 0, 0));
  }

  private static List<String> with(List<String> names) {
    return Stream.concat(names.stream(), Stream.of(EXCHANGE)).toList();
  }

  private static void permit(String own, List<String> writes, List<String> reads) {
    rabbitMq.ctl(
        "set_permissions",
        "-p",
        RabbitMq.VHOST,
        RabbitMqUser.BROKER.login(),
        "^" + own + "$",
        "^(" + own + "|" + String.join("|", writes) + ")$",
        "^(" + own + "|" + String.join("|", reads) + ")$");
  }

  private void awaitBrokers(RoleProcess broker, String... states) {
    await()
        .atMost(LATER)
        .untilAsserted(
            () ->
                assertThat(relay(broker).path("brokers").findValuesAsText("state"))
                    .containsExactlyInAnyOrder(states));
  }

  private void awaitNotice(RoleProcess broker, String notice) {
    await()
        .atMost(LATER)
        .untilAsserted(
            () -> assertThat(texts(relay(broker).path("notices"))).containsExactly(notice));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static void assertRanOn(RoleProcess... brokers) {
    for (RoleProcess broker : brokers) {
      assertThat(warnings(broker)).hasSize(1);
      assertThat(broker.metric("longcut_amqp_reconnects_total")).isZero();
      assertThat(broker.output()).doesNotContain("event=amqp_down");
    }
  }

  private static List<String> warnings(RoleProcess broker) {
    return broker.output().lines().filter(line -> line.contains("event=peers_down")).toList();
  }

  private static double sum(JsonNode numbers) {
    double sum = 0;
    for (JsonNode number : numbers) {
      sum += number.asDouble();
    }
    return sum;
  }

  private static JsonNode target(JsonNode relay) {
    assertThat(relay.path("targets")).hasSize(1);
    return relay.path("targets").get(0);
  }

  private JsonNode relay(RoleProcess broker) throws IOException, InterruptedException {
    return page(broker, "/api/relay");
  }

  private JsonNode history(RoleProcess broker, String query)
      throws IOException, InterruptedException {
    return page(broker, "/api/history" + query);
  }

  private JsonNode page(RoleProcess broker, String path) throws IOException, InterruptedException {
    URI page = URI.create("http://127.0.0.1:" + broker.port("admin_listening") + path);
    HttpRequest request = HttpRequest.newBuilder(page).timeout(SOON).build();
    return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
