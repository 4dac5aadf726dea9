package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Heartbeats that one upstream user sends at the maximum rate of a connection do not affect other
 * users' agents and requests (docs/protocol.md section 4, "Heartbeats").
 */
class HeartbeatFloodIT {

  private static final String CONNECTIONS = "longcut_amqp_connections_opened_total";

  /** A user with the permissions of docs/protocol.md section 8, for one target. */
  private static final String USER = "plant";

  private static final String TARGET = "orders";

  /** The default of {@code max-agents-per-user-and-target}. */
  private static final int MAX_AGENTS = 1_000;

  private static RabbitMq rabbitMq;
  private TestUpstream upstream;
  private Relay relay;

  @BeforeAll
  static void addUser() {
    rabbitMq = RabbitMq.dedicated();
    String inbox = "upstream-agent\\." + USER + "\\..+";
    String own = "^(" + TARGET + ")\\.{username}\\.[^.#*]+$";
    rabbitMq.ctl("add_user", USER, USER);
    rabbitMq.ctl(
        "set_permissions",
        "-p",
        RabbitMq.VHOST,
        USER,
        "^" + inbox + "$",
        "^(" + inbox + "|broker_request_ack|upstream_response|upstream_error|upstream_heartbeat)$",
        "^(" + inbox + "|broker_request|broker_cancel|broker_hello)$");
    rabbitMq.ctl(
        "set_topic_permissions", "-p", RabbitMq.VHOST, USER, "upstream_heartbeat", own, "^$");
  }

  @AfterAll
  static void close() {
    rabbitMq.close();
  }

  @BeforeEach
  void begin() {
    upstream = new TestUpstream();
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @ParameterizedTest
  @EnumSource
  void floodDoesNotAffectOtherUsers(HeartbeatFlood.Kind kind) throws Exception {
    // With shorter timers, a busy machine could lose heartbeats and connections by itself.
    relay = new Relay(rabbitMq::amqpUri, "HeartbeatFloodIT-" + kind).withDefaultTimers();
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    await().until(() -> broker.metric("longcut_broker_agents") == 1);
    await()
        .until(() -> broker.metric(CONNECTIONS) == 3); // to publish, to consume, to other brokers
    int flooders =
        switch (kind) {
          case ONE_AGENT, LONG_MESSAGES -> 1;
          case NEW_AGENTS -> MAX_AGENTS;
          case TOO_LONG_MESSAGES -> 0;
        };

    List<Integer> answers = new ArrayList<>();
    int sent;
    try (HeartbeatFlood flood = new HeartbeatFlood(connect(), USER, TARGET, kind)) {
      await().until(() -> broker.metric("longcut_broker_agents") == 1 + flooders);
      await("the neighbour's idle agent stays registered")
          .during(Duration.ofSeconds(5))
          .until(() -> broker.metric("longcut_broker_agents") == 1 + flooders);
      while (!flood.isOver()) {
        HttpResponse<String> answer = relay.get(client, "/" + answers.size());
        answers.add(answer.statusCode());
      }
      sent = flood.sent();
    }

    assertThat(sent).isGreaterThan(500);
    assertThat(answers).isNotEmpty().containsOnly(200);
    assertThat(broker.metric("longcut_broker_agents")).isEqualTo(1 + flooders);
    assertThat(broker.metric("longcut_broker_agents_forgotten_total")).isZero();
    assertThat(broker.metric(CONNECTIONS)).isEqualTo(3);
  }

  private static Connection connect() throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setAutomaticRecoveryEnabled(false);
    factory.setHost(rabbitMq.host());
    factory.setPort(rabbitMq.amqpPort());
    factory.setUsername(USER);
    factory.setPassword(USER);
    factory.setVirtualHost(RabbitMq.VHOST);
    return factory.newConnection("heartbeat flood");
  }
}
