package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * All processes filled up to their limits at the same time. In tests a process has a heap of 128
 * MiB, which is an eighth of the launcher's default for a client agent or broker and a sixth of
 * that for an upstream agent. The limits are reduced by the same factors.
 */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class HeapIT {

  private static final int BODY =
      1_000_000; // the response is a little longer, and the limit is 1 MiB
  private static final int CALLERS = 100;
  private static final int CAPACITY = 100 / 6;
  private static final int ROUNDS = 3;

  private final RabbitMq rabbitMq;
  private final TestUpstream upstream = new TestUpstream();
  private Relay relay;

  HeapIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin() {
    rabbitMq.purge();
    relay =
        new Relay(rabbitMq::amqpUri, "Heap")
            .withDefaultTimers()
            .with("client-agent.max-in-flight-bytes", "32 MiB")
            .with("broker.max-in-flight-bytes", "32 MiB")
            .with("upstream-agent.target-defaults.capacity", Integer.toString(CAPACITY));
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void processesSurviveAtTheirLimits() {
    RoleProcess clientAgent = relay.clientAgent();
    List<RoleProcess> processes =
        List.of(clientAgent, relay.broker(), relay.upstreamAgent(upstream.url()));
    relay.awaitReady();
    String body = "x".repeat(BODY);

    List<CompletableFuture<HttpResponse<String>>> held =
        Stream.generate(() -> relay.postLater(clientAgent, "/hold", body)).limit(CALLERS).toList();
    await("some requests are refused, and the agent is at its capacity")
        .atMost(Relay.PATIENCE)
        .until(
            () ->
                held.stream().anyMatch(CompletableFuture::isDone)
                    && upstream.runs().size() >= CAPACITY);
    upstream.release();
    assertAnsweredOrRefused(held);
    for (int round = 0; round < ROUNDS; round++) {
      assertAnsweredOrRefused(
          Stream.generate(() -> relay.postLater(clientAgent, "/", body)).limit(CALLERS).toList());
    }

    for (RoleProcess process : processes) {
      assertThat(process.isReady()).isTrue();
      assertThat(process.output()).doesNotContain("OutOfMemoryError");
    }
    assertThat(relay.post(clientAgent, "/", body).statusCode()).isEqualTo(200);
  }

  /**
   * No process keeps both the encoded event and the decoded body while the request waits for its
   * response.
   */
  @Test
  void eachPendingRequestHoldsItsBodyOnceInEachProcess() {
    RoleProcess clientAgent = relay.clientAgent();
    List<RoleProcess> processes =
        List.of(clientAgent, relay.broker(), relay.upstreamAgent(upstream.url()));
    relay.awaitReady();
    String body = "x".repeat(BODY);
    assertThat(relay.post(clientAgent, "/", body).statusCode()).isEqualTo(200);
    List<Double> before = processes.stream().map(RoleProcess::heapAfterGc).toList();

    List<CompletableFuture<HttpResponse<String>>> held =
        Stream.generate(() -> relay.postLater(clientAgent, "/hold", body)).limit(CAPACITY).toList();
    await().until(() -> upstream.runs().size() == 1 + CAPACITY);

    for (int i = 0; i < processes.size(); i++) {
      assertThat(processes.get(i).heapAfterGc() - before.get(i))
          .as("client agent, broker, upstream agent: number %d", i)
          .isLessThan(1.5 * CAPACITY * BODY);
    }
    upstream.release();
    assertThat(held).extracting(each -> each.join().statusCode()).containsOnly(200);
  }

  private static void assertAnsweredOrRefused(
      List<CompletableFuture<HttpResponse<String>>> answers) {
    List<Integer> statuses = answers.stream().map(each -> each.join().statusCode()).toList();

    assertThat(statuses).containsOnly(200, 503);
    assertThat(statuses).filteredOn(status -> status == 200).hasSizeGreaterThanOrEqualTo(CAPACITY);
  }
}
