package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The relay drops a waiting or running request within a second after the caller hangs up. */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class CancelIT {

  private static final Duration AT_ONCE = Duration.ofSeconds(1);

  /**
   * Shorter than any timeout that would also drop the request; longer than a second, since polling
   * three processes takes time.
   */
  private static final Duration SOON = Duration.ofSeconds(5);

  private final RabbitMq rabbitMq;
  private SilentUpstream upstream;
  private Relay relay;

  CancelIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  enum Kind {
    GET("GET /asked HTTP/1.1\r\nHost: a\r\n\r\n"),
    POST("POST /asked HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");

    private final String bytes;

    Kind(String bytes) {
      this.bytes = bytes;
    }
  }

  @BeforeEach
  void begin(TestInfo test) {
    rabbitMq.purge();
    upstream = new SilentUpstream();
    relay =
        new Relay(
                rabbitMq::amqpUri,
                test.getTestMethod().orElseThrow().getName()
                    + test.getDisplayName().replaceAll("\\W", ""))
            .with("broker.wait-timeout", "30s")
            .with("broker.reply-timeout", "40s")
            .with("client-agent.request-timeout", "60s")
            .with("upstream-agent.target-defaults.timeout", "30s");
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void runningRequestIsAbortedAndNotRedelivered(Kind kind) throws IOException {
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    Socket caller = call(client, kind);
    await().until(() -> upstream.requests().size() == 1);
    awaitRunning(broker, agent);

    caller.close();

    atOnce("the upstream call").until(() -> upstream.ended() == 1);
    awaitIdle(client, broker, agent);
    // RabbitMQ would now redeliver an unacked request to the other broker, which would run it.
    RoleProcess other = relay.broker().awaitReady();
    broker.kill();
    await().until(() -> rabbitMq.consumers("client_request") == 1);
    assertThat(rabbitMq.messagesReady("client_request")).isZero();
    assertThat(other.metric("longcut_broker_received_total")).isZero();
    assertThat(upstream.requests()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void waitingRequestIsDropped(Kind kind) throws IOException {
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    relay.awaitReady();
    Socket caller = call(client, kind);
    await().until(() -> broker.metric("longcut_broker_requests") == 1);

    caller.close();

    awaitIdle(client, broker);
    relay.upstreamAgent(upstream.url()).awaitReady();
    assertThat(nextRequestThrough(client)).isEqualTo("GET /next HTTP/1.1");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void queuedRequestIsCancelledOnceABrokerHasIt(Kind kind) throws IOException {
    RoleProcess client = relay.with("client-agent.ack-timeout", "20s").clientAgent();
    relay.awaitReady();
    Socket caller = call(client, kind);
    await().until(() -> rabbitMq.messagesReady("client_request") == 1);

    caller.close();
    await().until(() -> client.metric("longcut_client_requests_in_flight") == 0);
    RoleProcess broker = relay.broker().awaitReady();

    await().until(() -> broker.metric("longcut_broker_received_total") == 1);
    awaitIdle(client, broker);
  }

  private String nextRequestThrough(RoleProcess client) throws IOException {
    try (Socket caller = socket(client)) {
      caller
          .getOutputStream()
          .write("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      await().until(() -> !upstream.requests().isEmpty());
      return String.join("\n", upstream.requests());
    }
  }

  private static Socket call(RoleProcess client, Kind kind) throws IOException {
    Socket caller = socket(client);
    caller.getOutputStream().write(kind.bytes.getBytes(StandardCharsets.US_ASCII));
    return caller;
  }

  private static Socket socket(RoleProcess client) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), client.port("http_listening"));
  }

  /** Waits for the last state of a request, so that the cancel arrives in that state. */
  private static void awaitRunning(RoleProcess broker, RoleProcess agent) {
    await().until(() -> broker.metrics().contains("state=\"running\"} 1"));
    assertThat(agent.metric("longcut_upstream_in_flight")).isEqualTo(1);
  }

  private static void awaitIdle(RoleProcess client, RoleProcess broker, RoleProcess... agent) {
    await("gauges at zero")
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(client.metric("longcut_client_requests_in_flight")).isZero();
              assertThat(client.metric("longcut_client_bytes_in_flight")).isZero();
              assertThat(broker.metric("longcut_broker_requests")).isZero();
              assertThat(broker.metric("longcut_broker_bytes_in_flight")).isZero();
              for (RoleProcess each : agent) {
                assertThat(each.metric("longcut_upstream_in_flight")).isZero();
              }
            });
  }

  private static ConditionFactory atOnce(String description) {
    return await(description).atMost(AT_ONCE).pollInterval(Duration.ofMillis(20));
  }
}
