package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.client.ClientAgentConfig.Shares;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.RawHttpCaller.Answer;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests a client agent with a fake RabbitMQ and callers from several addresses. */
final class SharesTest {

  private static final int MAX_IN_FLIGHT = 100;
  private static final int ALWAYS = 5;
  private static final Shares SHARES = new Shares(new ShareRule(0.5, ALWAYS), true);
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String SLOW_POST =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx";
  private static final Response HELLO =
      new Response(200, Headers.builder().build(), Body.ofText("hello"));

  private final List<RawHttpCaller> open = new ArrayList<>();
  private TestAgent agent = agent(TrustedProxies.NONE, SHARES);

  @AfterEach
  void stop() throws Exception {
    for (RawHttpCaller caller : open) {
      caller.close();
    }
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    await().untilAsserted(() -> assertThat(agent.agent.openConnections()).isZero());
    agent.stop();
  }

  // --- requests

  @Test
  void aGreedyCallerLeavesRoomForAnother() throws IOException {
    agent.notAnswering();
    send(2, MAX_IN_FLIGHT - ALWAYS, GET);
    await().until(() -> agent.agent.admission().requests() == MAX_IN_FLIGHT - ALWAYS);

    Answer refused = ask(2, GET);
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.headers().all("Longcut-Error")).containsExactly("overloaded");
    assertThat(refused.body()).contains("caller 127.0.0.2 already holds its share of the requests");
    assertThat(exceeded("caller", "requests")).isOne();
    agent.answering(request -> HELLO);
    assertThat(ask(3, GET).status()).isEqualTo(200);
  }

  @Test
  void requestsWithSlowBodiesCountForTheirCaller() throws IOException {
    send(2, MAX_IN_FLIGHT, SLOW_POST);
    await().until(() -> agent.agent.admission().requests() == MAX_IN_FLIGHT - ALWAYS);

    agent.answering(request -> HELLO);
    assertThat(ask(3, GET).status()).isEqualTo(200);
  }

  @Test
  void aRequestOfAProxyCountsForTheAddressInXForwardedFor() throws Exception {
    agent.stop();
    agent = agent(TrustedProxies.parse(List.of("127.0.0.2", "127.0.0.3")), SHARES);
    agent.notAnswering();
    send(2, 60, forwardedFor("9.9.9.9, 192.0.2.1"));
    send(3, 60, forwardedFor("192.0.2.1, 127.0.0.2"));
    await().until(() -> agent.agent.admission().requests() == MAX_IN_FLIGHT - ALWAYS);
    await().until(() -> exceeded("caller", "requests") == 25);

    agent.answering(request -> HELLO);
    assertThat(ask(2, forwardedFor("192.0.2.2")).status()).isEqualTo(200);
    assertThat(ask(2, forwardedFor("192.0.2.1")).body()).contains("caller 192.0.2.1 already holds");
  }

  @Test
  void aProxyThatForwardsNoAddressHasNoShare() throws Exception {
    agent.stop();
    agent = agent(TrustedProxies.parse(List.of("127.0.0.2")), SHARES);
    agent.notAnswering();
    send(3, 1, GET);
    send(2, MAX_IN_FLIGHT - 1, forwardedFor("unknown"));

    await().until(() -> agent.agent.admission().requests() == MAX_IN_FLIGHT - ALWAYS);
    await("the rest is the reserve for other targets")
        .until(() -> exceeded("target", "requests") == 5);
    assertThat(exceeded("caller", "requests")).isZero();
  }

  @Test
  void xForwardedForOfAnUntrustedCallerIsIgnored() throws IOException {
    agent.notAnswering();
    for (int i = 0; i < 120; i++) {
      send(2, 1, forwardedFor("192.0.2." + i));
    }

    await().until(() -> exceeded("caller", "requests") == 25);
  }

  @Test
  void withoutCallerSharesOneCallerMayTakeAll() throws Exception {
    agent.stop();
    agent = agent(TrustedProxies.NONE, new Shares(SHARES.rule(), false));
    agent.notAnswering();
    send(3, 1, GET);
    send(2, MAX_IN_FLIGHT - 1, GET);

    await().until(() -> agent.agent.admission().requests() == MAX_IN_FLIGHT - ALWAYS);
    await("the rest is the reserve for other targets")
        .until(() -> exceeded("target", "requests") == 5);
    assertThat(exceeded("caller", "requests")).isZero();
  }

  // --- connections

  @Test
  void aCallerOverItsShareOfConnectionsIsCutOffAndAnotherIsNot() throws IOException {
    agent.answering(request -> HELLO);
    connect(2, TestAgent.MAX_CONNECTIONS - ALWAYS);
    await().until(() -> agent.agent.openConnections() == TestAgent.MAX_CONNECTIONS - ALWAYS);

    RawHttpCaller further = agent.callFrom(2);
    open.add(further);
    assertThat(further.isCutOff()).isTrue();
    assertThat(exceeded("caller", "connections")).isOne();
    assertThat(ask(3, GET).status()).isEqualTo(200);

    await().until(() -> agent.agent.openConnections() == TestAgent.MAX_CONNECTIONS - ALWAYS);
    for (RawHttpCaller each : open) {
      each.close();
    }
    await().until(() -> agent.agent.openConnections() == 0);
    assertThat(ask(2, GET).status()).isEqualTo(200);
  }

  @Test
  void aTrustedProxyMayTakeAllConnections() throws Exception {
    agent.stop();
    agent = agent(TrustedProxies.parse(List.of("127.0.0.2")), SHARES);
    connect(3, 1);
    connect(2, TestAgent.MAX_CONNECTIONS - 1);

    await().until(() -> agent.agent.openConnections() == TestAgent.MAX_CONNECTIONS);
    assertThat(exceeded("caller", "connections")).isZero();
  }

  /** {@link RelayHandlerTest} ends connections in other ways. */
  @ParameterizedTest
  @ValueSource(strings = {"", "GET / HT", "\u0016garbage\r\n\r\n", GET, SLOW_POST})
  void anEndedConnectionNoLongerCountsForItsCaller(String sent) throws Exception {
    agent.notAnswering();
    for (int i = 0; i < 3; i++) {
      RawHttpCaller caller = agent.callFrom(2).send(sent);
      open.add(caller);
      caller.endOutput();
      if (sent.equals(GET)) {
        caller.close(); // otherwise the request would wait for its answer
      }
    }
    RawHttpCaller reset = agent.callFrom(2).send(sent);
    reset.reset();

    await().until(() -> agent.agent.openConnections() == 0);
  }

  private void send(int host, int callers, String request) throws IOException {
    for (int i = 0; i < callers; i++) {
      open.add(agent.callFrom(host).send(request));
    }
  }

  private void connect(int host, int callers) throws IOException {
    for (int i = 0; i < callers; i++) {
      open.add(agent.callFrom(host));
    }
  }

  private Answer ask(int host, String request) throws IOException {
    try (RawHttpCaller caller = agent.callFrom(host).send(request)) {
      return caller.receive();
    }
  }

  private static String forwardedFor(String names) {
    return "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " + names + "\r\n\r\n";
  }

  private double exceeded(String of, String room) {
    Counter counter =
        agent
            .registry
            .find("longcut.client.shares.exceeded")
            .tags("of", of, "room", room, "name", of.equals("target") ? "h-target" : "none")
            .counter();
    return counter == null ? 0 : counter.count();
  }

  private static TestAgent agent(TrustedProxies proxies, Shares shares) {
    ClientAgentConfig usual =
        TestAgent.config(
            new Limits(MAX_IN_FLIGHT, 1_000_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20));
    Forwarding forwarding = new Forwarding(ForwardedHeaders.REPLACE, proxies, Underscores.PASS);
    return new TestAgent(TestAgent.with(usual, forwarding, shares));
  }
}
