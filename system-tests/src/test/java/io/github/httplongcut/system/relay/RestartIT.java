package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** RabbitMQ starts after the relay, or restarts: the relay recovers by itself. */
class RestartIT {

  @Test
  void relayReconnectsAfterRestartsOfRabbitMq() {
    try (RabbitMq rabbitMq = RabbitMq.dedicated();
        TestUpstream upstream = new TestUpstream();
        Relay relay = new Relay(rabbitMq::amqpUri, "relayReconnectsAfterRestartsOfRabbitMq")) {
      rabbitMq.stop();
      RoleProcess client = relay.clientAgent();
      RoleProcess broker = relay.broker();
      RoleProcess agent = relay.upstreamAgent(upstream.url());
      List<RoleProcess> all = List.of(client, broker, agent);
      all.forEach(
          role ->
              await("amqp_down in the log of " + role.name())
                  .atMost(Relay.PATIENCE)
                  .until(() -> role.output().contains("event=amqp_down")));
      assertThat(all).noneMatch(RoleProcess::isReady);

      rabbitMq.start();
      relay.awaitReady();
      assertThat(relay.get(client, "/late").statusCode()).isEqualTo(200);

      for (int round = 0; round < 2; round++) {
        rabbitMq.stop();
        await().until(() -> all.stream().noneMatch(RoleProcess::isReady));
        // The client agent gives up after the ack timeout, before RabbitMQ starts again.
        assertThat(relay.post(client, "/during", "x").statusCode()).isEqualTo(503);
        rabbitMq.start();
        relay.awaitReady();
        assertThat(relay.get(client, "/after").statusCode()).isEqualTo(200);
      }

      assertThat(upstream.runs()).doesNotContain("POST /during");
    }
  }

  /** Requests in flight are answered even though RabbitMQ closes all connections. */
  @Test
  void requestsInFlightSurviveClosedConnections() {
    try (RabbitMq rabbitMq = RabbitMq.dedicated();
        TestUpstream upstream = new TestUpstream();
        Relay relay = new Relay(rabbitMq::amqpUri, "requestsInFlightSurviveClosedConnections")) {
      RoleProcess client = relay.clientAgent();
      relay.broker();
      relay.upstreamAgent(upstream.url());
      relay.awaitReady();
      CompletableFuture<Integer> post =
          relay.postLater(client, "/hold/post", "x").thenApply(each -> each.statusCode());
      CompletableFuture<Integer> get =
          relay.getLater(client, "/hold/get").thenApply(each -> each.statusCode());
      await().until(() -> upstream.runs().size() == 2);

      rabbitMq.ctl("close_all_connections", "--vhost", RabbitMq.VHOST, "this test");
      upstream.release();

      assertThat(post).succeedsWithin(Relay.PATIENCE).isEqualTo(200);
      assertThat(get).succeedsWithin(Relay.PATIENCE).isEqualTo(200);
      assertThat(upstream.runs()).containsOnlyOnce("POST /hold/post");
    }
  }

  @Test
  void managementApiShowsConnectionsAndQueuesByRoleAndId() {
    try (RabbitMq rabbitMq = RabbitMq.dedicated();
        TestUpstream upstream = new TestUpstream();
        Relay relay = new Relay(rabbitMq::amqpUri, "managementApiShows")) {
      relay.clientAgent();
      relay.broker();
      relay.upstreamAgent(upstream.url());
      relay.awaitReady();

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(connectionNames(rabbitMq))
                      .anyMatch(
                          name ->
                              name.matches(
                                  "client-agent client-agent\\.client-agent-1-\\w{6} publish"))
                      .anyMatch(
                          name ->
                              name.matches(
                                  "client-agent client-agent\\.client-agent-1-\\w{6} consume"))
                      .anyMatch(name -> name.matches("broker broker\\.broker-2-\\w{6} publish"))
                      .anyMatch(name -> name.matches("broker broker\\.broker-2-\\w{6} consume"))
                      .anyMatch(
                          name ->
                              name.matches(
                                  "upstream-agent upstream-agent\\.upstream-agent-3-\\w{6} consume")));
      assertThat(rabbitMq.queueNames())
          .contains("client_request", "orphan")
          .anyMatch(name -> name.matches("client-agent\\.client-agent\\.client-agent-1-\\w{6}"))
          .anyMatch(name -> name.matches("broker\\.broker\\.broker-2-\\w{6}"))
          .anyMatch(name -> name.matches("heartbeats\\.broker\\.broker-2-\\w{6}"))
          .anyMatch(
              name -> name.matches("upstream-agent\\.upstream-agent\\.upstream-agent-3-\\w{6}"));
    }
  }

  private static List<String> connectionNames(RabbitMq rabbitMq) {
    return rabbitMq.connections().stream()
        .map(each -> each.path("client_properties").path("connection_name"))
        .map(JsonNode::asText)
        .toList();
  }
}
