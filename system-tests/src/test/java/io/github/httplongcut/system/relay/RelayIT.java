package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.testkit.Ports;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The responses that a caller gets when the relay works, and when processes are missing, frozen or
 * killed.
 */
@ExtendWith(RabbitMqExtension.class)
class RelayIT {

  /** The default capacity of an upstream agent's target. */
  private static final int CAPACITY = 100;

  private final RabbitMq rabbitMq;
  private TestUpstream upstream;
  private Relay relay;

  RelayIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin(TestInfo test) {
    rabbitMq.purge();
    upstream = new TestUpstream();
    relay = new Relay(rabbitMq::amqpUri, test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void requestAndResponsePassThroughTheRelay() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    HttpResponse<String> response = relay.post(client, "/a%2Fb?x=1", "grüße");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("POST /a%2Fb?x=1 grüße");
    assertThat(upstream.runs()).containsExactly("POST /a%2Fb?x=1");
    assertThat(response.headers().firstValue("Longcut-Error")).isEmpty();
  }

  @Test
  void clientAgentRefusesRequestsWhenBrokersAreFull() throws InterruptedException {
    RoleProcess client = relay.withDefaultTimers().with("broker.max-waiting", "20").clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    LoadGenerator load = new LoadGenerator(client.port("http_listening"), "/slow/");

    LoadGenerator.Results answers = load.runAtRate(1_000, Duration.ofSeconds(4)); // 333 can run

    assertThat(answers.neitherAnsweredNorRefused()).isEmpty();
    assertThat(answers.refused()).isGreaterThan(1_000);
    assertThat(client.metric("longcut_client_publications_total"))
        .as(
            "publications: some requests that a broker refused, but a quarter less than were refused")
        .isBetween(answers.answered() + 1.0, answers.answered() + answers.refused() * 0.75);
    assertThat(upstream.runs().stream().filter(run -> run.startsWith("POST")))
        .doesNotHaveDuplicates()
        .doesNotContainAnyElementsOf(answers.refusedPosts());
  }

  @Test
  void targetWithoutAnAgentIs503AfterTheWaitTimeout() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    relay.awaitReady();
    long from = System.nanoTime();

    HttpResponse<String> response = relay.post(client, "/", "x");

    assertFailure(response, Failure.NO_UPSTREAM_AGENT);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(secondsSince(from)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void waitingRequestGoesToAnAgentThatStartsInTime() {
    RoleProcess client = relay.clientAgent();
    relay.with("broker.wait-timeout", "8s").broker();
    relay.awaitReady();

    CompletableFuture<HttpResponse<String>> waiting = relay.postLater(client, "/waits", "x");
    relay.upstreamAgent(upstream.url());

    assertThat(result(waiting).statusCode()).isEqualTo(200);
    assertThat(upstream.runs()).containsExactly("POST /waits");
  }

  /** Without a limit, they would use up {@code max-waiting}, which all targets share. */
  @Test
  void requestsForATargetWithoutAnAgentDoNotAffectOtherTargets() {
    relay.with("broker.max-waiting", "60").with("broker.max-waiting-without-agent", "6");
    RoleProcess client = relay.clientAgent();
    RoleProcess flooding = relay.clientAgent("nobody");
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    // The response takes longer than a broker needs to learn of its agents.
    assertThat(relay.get(flooding, "/").statusCode()).isEqualTo(503);
    List<CompletableFuture<HttpResponse<String>>> flood = postAll(flooding, "/nobody/", 100);
    await("all but six refused")
        .until(() -> flood.stream().filter(CompletableFuture::isDone).count() >= 94);

    List<CompletableFuture<HttpResponse<String>>> more = postAll(client, "/slow/", CAPACITY + 30);

    assertThat(more).extracting(each -> each.join().statusCode()).containsOnly(200);
  }

  private List<CompletableFuture<HttpResponse<String>>> postAll(
      RoleProcess clientAgent, String directory, int requests) {
    return IntStream.range(0, requests)
        .mapToObj(i -> relay.postLater(clientAgent, directory + i, "x"))
        .toList();
  }

  /**
   * Three of four agents are broken. If failures did not count, they would seem the least busy and
   * get all requests.
   */
  @Test
  void noRequestFailsWhileOneOfFourAgentsWorks() {
    RoleProcess client = relay.withDefaultTimers().clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    for (int i = 0; i < 3; i++) {
      relay.upstreamAgent(unusedAddress());
    }
    relay.awaitReady();

    for (int round = 0; round < 20; round++) {
      List<CompletableFuture<HttpResponse<String>>> answers =
          IntStream.range(0, 50)
              .mapToObj(
                  i ->
                      i % 2 == 0
                          ? relay.getLater(client, "/" + i)
                          : relay.postLater(client, "/" + i, "x"))
              .toList();
      assertThat(answers).extracting(each -> each.join().statusCode()).containsOnly(200);
    }
    assertThat(upstream.runs()).hasSize(1_000);
  }

  /** An address at which no server listens. */
  private static URI unusedAddress() {
    return URI.create("http://127.0.0.1:" + Ports.free());
  }

  @Test
  void requestsThatAFrozenAgentDidNotAckGoToAnother() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    RoleProcess frozen = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    frozen.freeze();

    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      answers.add(relay.getLater(client, "/" + i));
    }

    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(result(answer).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void onlyAgentFrozenIs504() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    agent.freeze();

    assertFailure(relay.post(client, "/", "x"), Failure.UPSTREAM_ACK_TIMEOUT);
  }

  @Test
  void agentFrozenAfterItsAckIsLost() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> held = relay.postLater(client, "/hold", "x");
    await().until(() -> upstream.runs().size() == 1);
    agent.freeze();

    assertFailure(result(held), Failure.UPSTREAM_AGENT_LOST);
    assertThat(upstream.runs()).hasSize(1);
  }

  @Test
  void requestOfAnAgentThatHangsAfterItsAckTimesOut() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    // Heartbeats are so rare that none is missed within the reply timeout.
    RoleProcess agent =
        relay.with("upstream-agent.heartbeat-interval", "10s").upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> held = relay.postLater(client, "/hold", "x");
    await().until(() -> upstream.runs().size() == 1);
    agent.freeze();

    assertFailure(result(held), Failure.UPSTREAM_REPLY_TIMEOUT);
  }

  @Test
  void slowUpstreamServerIs504() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    assertFailure(relay.get(client, "/hold"), Failure.UPSTREAM_TIMEOUT);
    assertThat(upstream.runs()).hasSize(1);
  }

  @Test
  void stoppedUpstreamServerIs502() {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    URI stopped = upstream.url();
    upstream.close();
    relay.upstreamAgent(stopped);
    relay.awaitReady();

    assertFailure(relay.post(client, "/", "x"), Failure.UPSTREAM_UNREACHABLE);
  }

  @Test
  void noBrokerIs503AfterThreeAckTimeouts() {
    RoleProcess client = relay.clientAgent();
    relay.awaitReady();
    long from = System.nanoTime();

    assertFailure(relay.post(client, "/", "x"), Failure.BROKER_UNAVAILABLE);

    assertThat(secondsSince(from)).isGreaterThanOrEqualTo(3);
  }

  @Test
  void twoAgentsShareTheLoad() {
    try (TestUpstream second = new TestUpstream()) {
      RoleProcess client = relay.clientAgent();
      relay.broker();
      relay.upstreamAgent(upstream.url());
      relay.upstreamAgent(second.url());
      relay.awaitReady();

      for (int i = 0; i < 60; i++) {
        assertThat(relay.get(client, "/" + i).statusCode()).isEqualTo(200);
      }

      assertThat(upstream.runs().size() + second.runs().size()).isEqualTo(60);
      assertThat(upstream.runs()).hasSizeBetween(15, 45);
    }
  }

  @Test
  void twoBrokersShareTheRequests() {
    RoleProcess client = relay.clientAgent();
    RoleProcess first = relay.broker();
    RoleProcess second = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    for (int i = 0; i < 20; i++) {
      assertThat(relay.get(client, "/" + i).statusCode()).isEqualTo(200);
    }

    assertThat(dispatched(first) + dispatched(second)).isEqualTo(20);
    assertThat(dispatched(first)).isBetween(5.0, 15.0);
  }

  /**
   * Responses wait for five seconds in the killed broker's inbox. Then they reach the other broker
   * as orphans.
   */
  @Test
  void responsesForAKilledBrokerArriveAsOrphans() {
    RoleProcess client = relay.with("client-agent.request-timeout", "20s").clientAgent();
    RoleProcess killed = relay.with("broker.reply-timeout", "15s").broker();
    relay.with("upstream-agent.target-defaults.timeout", "12s").upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> held = relay.postLater(client, "/hold", "x");
    await().until(() -> upstream.runs().size() == 1);
    relay.broker();
    relay.awaitReady();

    killed.kill();
    upstream.release();

    HttpResponse<String> response = result(held);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("POST /hold x");
    assertThat(upstream.runs()).hasSize(1);
  }

  private static double dispatched(RoleProcess broker) {
    return broker
        .metrics()
        .lines()
        .filter(line -> line.startsWith("longcut_broker_dispatches_total"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void assertFailure(HttpResponse<String> response, Failure failure) {
    assertThat(response.headers().firstValue("Longcut-Error"))
        .as("response %s %s", response.statusCode(), response.body())
        .contains(failure.code());
    assertThat(response.statusCode()).isEqualTo(failure.status());
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(response.body()).contains("\"urn:http-longcut:" + failure.code() + "\"");
  }

  private static HttpResponse<String> result(CompletableFuture<HttpResponse<String>> later) {
    try {
      return later.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double secondsSince(long from) {
    return (System.nanoTime() - from) / 1e9;
  }
}
