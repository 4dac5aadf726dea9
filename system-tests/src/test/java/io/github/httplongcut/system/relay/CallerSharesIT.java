package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * While one caller uses its full share of a client agent, callers from other addresses are served.
 */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class CallerSharesIT {

  private static final int MAX_CONNECTIONS = 500;
  private static final int MAX_IN_FLIGHT = 300;
  private static final int ALWAYS = 32;
  private static final int REQUESTS = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final RabbitMq rabbitMq;
  private final TestUpstream upstream = new TestUpstream();
  private final SilentUpstream silent = new SilentUpstream();
  private Relay relay;
  @TempDir private Path directory;

  CallerSharesIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  enum Attack {
    IDLE_CONNECTIONS("", 0),
    SLOW_BODIES(
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx", MAX_IN_FLIGHT - ALWAYS),
    UNANSWERED_REQUESTS("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n", MAX_IN_FLIGHT - ALWAYS);

    private final String bytes;
    private final int inFlight;

    Attack(String bytes, int inFlight) {
      this.bytes = bytes;
      this.inFlight = inFlight;
    }
  }

  @BeforeEach
  void begin() {
    rabbitMq.purge();
    relay =
        new Relay(rabbitMq::amqpUri, "CallerShares")
            .withDefaultTimers()
            .with("client-agent.request-timeout", "100s")
            .with("client-agent.read-timeout", "100s")
            .with("client-agent.max-connections", Integer.toString(MAX_CONNECTIONS))
            .with("client-agent.max-in-flight", Integer.toString(MAX_IN_FLIGHT))
            .with("broker.reply-timeout", "95s")
            .with("upstream-agent.target-defaults.timeout", "90s")
            .with("upstream-agent.target-defaults.capacity", Integer.toString(MAX_IN_FLIGHT));
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
    silent.close();
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  void greedyCallerLeavesRoomForAnother(Attack attack) throws IOException {
    Path routes = directory.resolve("routes.conf");
    Files.writeString(
        routes, "longcut.client-agent.routes = [{ path = /silent, upstream-target = silent }]\n");
    RoleProcess client =
        relay.start(
            "client-agent",
            RabbitMqUser.CLIENT_AGENT,
            "--port=0",
            "--upstream-target=echo",
            "--config=" + routes);
    relay.broker();
    relay.upstreamAgent(Map.of("echo", upstream.url(), "silent", silent.url()));
    relay.awaitReady();
    int port = client.port("http_listening");

    InetAddress greedy = InetAddress.getByName("127.0.0.2");
    try (GreedyCaller caller = new GreedyCaller(greedy, port, attack.bytes, 2 * MAX_CONNECTIONS)) {
      await("the greedy caller to use its full share")
          .atMost(PATIENCE)
          .until(
              () ->
                  caller.opened() > MAX_CONNECTIONS + 100
                      && client.metric("longcut_client_requests_in_flight") >= attack.inFlight);

      for (int i = 0; i < REQUESTS; i++) {
        assertThat(send(port, i)).as("request %d", i).startsWith("HTTP/1.1 200 ");
      }
      assertThat(client.metric("longcut_client_requests_in_flight"))
          .as(
              "requests of the greedy caller: at least its share, a third; stalled bodies have been closed")
          .isGreaterThanOrEqualTo(attack.inFlight / 3.0);
    }
    assertThat(client.output())
        .contains("event=share_exceeded of=caller caller=\"127.0.0.2\" room=")
        .doesNotContain("127.0.0.3");
  }

  /** Sends a request from 127.0.0.3. Returns the response, or the error. */
  private static String send(int port, int number) {
    try (Socket caller =
        new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName("127.0.0.3"), 0)) {
      caller.setSoTimeout((int) PATIENCE.toMillis());
      String request =
          (number % 2 == 0 ? "GET" : "POST")
              + " /"
              + number
              + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      caller.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(caller.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return number + ": " + e;
    }
  }
}
