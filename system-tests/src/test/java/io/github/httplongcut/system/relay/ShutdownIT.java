package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SIGTERM drains a process: it finishes its requests in flight, and other processes of its role
 * take over the rest.
 */
@ExtendWith(RabbitMqExtension.class)
class ShutdownIT {

  private static final int ENDED = 0;
  private static final int TERMINATED = 128 + 15;
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration WARM_UP = Duration.ofSeconds(2);
  private static final int WARM_UP_CALLERS = 4;

  private final RabbitMq rabbitMq;
  private TestUpstream upstream;
  private Relay relay;

  ShutdownIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin(TestInfo test) {
    rabbitMq.purge();
    upstream = new TestUpstream();
    relay =
        new Relay(
                rabbitMq::amqpUri,
                test.getTestMethod().orElseThrow().getName()
                    + test.getDisplayName().replaceAll("\\W", ""))
            .with("client-agent.ack-timeout", "3s")
            // With the default, a busy machine can be slow enough for "overloaded".
            .with("client-agent.ack-delay-target", "2s")
            .with("broker.ack-timeout", "2s")
            .with("upstream-agent.ack-timeout", "2s");
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void noRequestFailsWhenOneOfTwoBrokersIsDrained() throws InterruptedException {
    RoleProcess client = relay.clientAgent();
    RoleProcess drained = relay.broker();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    String inbox = inboxOf(drained, "broker.broker.");
    assertNoRequestFails(client, drained);
    assertNothingIsLost(inbox);
  }

  @Test
  void noRequestFailsWhenOneOfTwoUpstreamAgentsIsDrained() throws InterruptedException {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    RoleProcess drained = relay.upstreamAgent(upstream.url());
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();

    String inbox = inboxOf(drained, "upstream-agent.upstream-agent.");
    assertNoRequestFails(client, drained);
    assertNothingIsLost(inbox);
  }

  private void assertNoRequestFails(RoleProcess client, RoleProcess drained)
      throws InterruptedException {
    // JVMs that have compiled nothing ack late on a busy machine, and the client agent refuses
    // more.
    new LoadGenerator(client.port("http_listening"), "/first/")
        .runClosedLoop(WARM_UP_CALLERS, WARM_UP);
    upstream.runs().clear();
    try (SteadyLoad load = SteadyLoad.start(relay, client)) {
      await().atMost(Relay.PATIENCE).until(() -> load.answered() > 50);
      long from = System.nanoTime();
      int exitCode = drained.stop();
      Duration took = Duration.ofNanos(System.nanoTime() - from);
      long then = load.answered();
      await().atMost(Relay.PATIENCE).until(() -> load.answered() > then + 50);
      List<String> sent = load.end();

      assertThat(load.failures()).isEmpty();
      assertThat(exitCode).isEqualTo(ENDED);
      assertThat(took).isLessThan(DRAIN_TIMEOUT);
      List<String> posts = sent.stream().filter(each -> each.startsWith("POST")).toList();
      assertThat(upstream.runs()).containsAll(sent);
      assertThat(upstream.runs().stream().filter(each -> each.startsWith("POST")))
          .as("POSTs that ran")
          .containsExactlyInAnyOrderElementsOf(posts);
    }
  }

  /** Finds the inbox that has a consumer, since processes of earlier tests had the same name. */
  private String inboxOf(RoleProcess process, String prefix) {
    List<String> consumed =
        rabbitMq.queueNames().stream()
            .filter(name -> name.startsWith(prefix + process.name() + "-"))
            .filter(name -> rabbitMq.consumers(name) > 0)
            .toList();
    assertThat(consumed).hasSize(1);
    return consumed.get(0);
  }

  /**
   * Checks that an inbox without a consumer holds nothing that anybody needs. RabbitMQ deletes it
   * after a minute, with all its messages. Acks may come after their answers (protocol section 7),
   * and a broker's hellos come back from the inboxes of agents of earlier tests.
   */
  private void assertNothingIsLost(String inbox) {
    assertThat(rabbitMq.consumers(inbox)).isZero();
    assertThat(rabbitMq.takeTypes(inbox))
        .isSubsetOf("broker_request_ack", "client_request_ack", "broker_hello");
  }

  @Test
  void drainedClientAgentAnswersRequestsInFlight() throws Exception {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    String inbox = inboxOf(client, "client-agent.client-agent.");
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      held.add(relay.getLater(client, "/hold/" + i));
      held.add(relay.postLater(client, "/hold/" + i, "x"));
    }
    await().until(() -> upstream.runs().size() == 10);

    client.terminate();
    await().until(() -> client.output().contains("event=stopping"));
    // Callers notice only after some time that the client agent is not ready.
    assertThat(client.isReady()).isFalse();
    assertThat(relay.post(client, "/late", "x").statusCode()).isEqualTo(200);
    upstream.release();

    for (CompletableFuture<HttpResponse<String>> each : held) {
      assertThat(each.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode())
          .isEqualTo(200);
    }
    assertThat(client.awaitExitCode()).isEqualTo(ENDED);
    assertNothingIsLost(inbox);
  }

  @Test
  void requestsWaitingAtADrainedBrokerGoToAnother() throws Exception {
    RoleProcess client = relay.clientAgent();
    relay.with("broker.wait-timeout", "8s");
    RoleProcess drained = relay.broker();
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> get = relay.getLater(client, "/waits");
    CompletableFuture<HttpResponse<String>> post = relay.postLater(client, "/waits", "x");
    await().until(() -> drained.metric("longcut_broker_requests") == 2);
    RoleProcess other = relay.broker().awaitReady();

    assertThat(drained.stop()).isEqualTo(ENDED);

    await().until(() -> other.metric("longcut_broker_requests") == 2);
    relay.upstreamAgent(upstream.url());
    assertThat(get.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(post.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(upstream.runs()).containsExactlyInAnyOrder("GET /waits", "POST /waits");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void secondSignalEndsTheProcessAtOnce(int role) {
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> held = relay.getLater(client, "/hold");
    await().until(() -> broker.metrics().contains("state=\"running\"} 1"));
    RoleProcess stopped = List.of(client, broker, agent).get(role);

    stopped.terminate();
    await().until(() -> stopped.output().contains("event=stopping"));
    assertThat(stopped.isAlive()).isTrue();
    long from = System.nanoTime();
    stopped.terminate();

    assertThat(stopped.awaitExitCode()).isEqualTo(TERMINATED);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(2));
    held.cancel(true);
  }

  @Test
  void requestsThatOutlastAnAgentsDrainAreLost() throws Exception {
    assertFailsAfterDrainTimeout(2, Failure.UPSTREAM_AGENT_LOST);
  }

  @Test
  void requestsThatOutlastAClientAgentsDrainTimeOut() throws Exception {
    assertFailsAfterDrainTimeout(0, Failure.REQUEST_TIMEOUT);
  }

  private void assertFailsAfterDrainTimeout(int role, Failure failure) throws Exception {
    shortDrain();
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> get = relay.getLater(client, "/hold");
    CompletableFuture<HttpResponse<String>> post = relay.postLater(client, "/hold", "x");
    await().until(() -> broker.metrics().contains("state=\"running\"} 2"));

    long from = System.nanoTime();
    assertThat(List.of(client, broker, agent).get(role).stop()).isEqualTo(ENDED);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(7));

    for (CompletableFuture<HttpResponse<String>> each : List.of(get, post)) {
      HttpResponse<String> response = each.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(response.headers().firstValue("Longcut-Error")).contains(failure.code());
      assertThat(response.statusCode()).isEqualTo(failure.status());
    }
    assertThat(upstream.runs()).containsExactlyInAnyOrder("GET /hold", "POST /hold");
  }

  /** Responses arrive as orphans; a repeatable request runs again. */
  @Test
  void requestsThatOutlastABrokersDrainAreAnsweredThroughAnother() throws Exception {
    shortDrain();
    relay.with("client-agent.request-timeout", "25s");
    RoleProcess client = relay.clientAgent();
    RoleProcess drained = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> get = relay.getLater(client, "/hold");
    CompletableFuture<HttpResponse<String>> post = relay.postLater(client, "/hold", "x");
    await().until(() -> drained.metrics().contains("state=\"running\"} 2"));
    relay.broker().awaitReady();

    assertThat(drained.stop()).isEqualTo(ENDED);
    upstream.release();

    assertThat(get.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(post.get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(upstream.runs()).containsOnlyOnce("POST /hold");
  }

  private void shortDrain() {
    relay
        .with("client-agent.drain-timeout", "2s")
        .with("broker.drain-timeout", "2s")
        .with("upstream-agent.drain-timeout", "2s")
        .with("broker.reply-timeout", "20s")
        .with("client-agent.request-timeout", "25s")
        .with("upstream-agent.target-defaults.timeout", "15s");
  }
}
