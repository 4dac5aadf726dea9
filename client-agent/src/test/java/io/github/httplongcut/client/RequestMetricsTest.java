package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.github.httplongcut.client.RequestMetrics.Stage;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Meters of requests. */
class RequestMetricsTest {

  private static final Optional<String> ORDERS = Optional.of("orders");

  private final PrometheusMeterRegistry prometheus =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final RequestMetrics metrics = new RequestMetrics(prometheus, new BoundedLabels());

  @Test
  void prometheusGetsHistogramsAndCounters() {
    metrics.ended(ORDERS, "answered", Duration.ofMillis(3).toNanos());
    metrics.stage(Stage.TAKE, Duration.ofMillis(30).toNanos());
    metrics.bytes(ORDERS, 7, 5);

    assertThat(prometheus.scrape())
        .contains(
            "longcut_client_requests_seconds_bucket{outcome=\"answered\",upstream_target=\"orders\","
                + "le=\"0.0025\"} 0\n",
            "longcut_client_requests_seconds_bucket{outcome=\"answered\",upstream_target=\"orders\","
                + "le=\"0.005\"} 1\n",
            "longcut_client_stage_seconds_bucket{stage=\"take\",le=\"0.05\"} 1\n",
            "longcut_client_stage_seconds_bucket{stage=\"read\",le=\"+Inf\"} 0\n",
            "longcut_client_request_bytes_total{upstream_target=\"orders\"} 7.0\n",
            "longcut_client_response_bytes_total{upstream_target=\"orders\"} 5.0\n");
  }

  @Test
  void targetsOverTheLimitShareALabel() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES + 2; i++) {
      metrics.bytes(Optional.of("t" + i), 1, 0);
    }

    assertThat(prometheus.get("longcut.client.request.bytes").counters())
        .hasSize(BoundedLabels.MAX_VALUES + 1);
    assertThat(
            prometheus
                .get("longcut.client.request.bytes")
                .tag("upstream_target", BoundedLabels.OTHER)
                .counter()
                .count())
        .isEqualTo(2);
  }

  @Test
  void recordingAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int requests = 20_000;
    record(requests); // until the code is compiled
    long before = threads.getCurrentThreadAllocatedBytes();

    record(requests);

    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / requests).isLessThan(8);
  }

  private void record(int requests) {
    for (int i = 0; i < requests; i++) {
      metrics.ended(ORDERS, "answered", i);
      metrics.bytes(ORDERS, i, i);
      metrics.stage(Stage.ANSWER, i);
    }
  }

  /** Meters of requests over HTTP. */
  @Nested
  class OverHttp {

    private static final Response HELLO = new Response(200, Headers.EMPTY, Body.ofText("hello"));

    private final TestAgent agent = new TestAgent();

    @AfterEach
    void stop() throws InterruptedException {
      await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
      agent.stop();
    }

    @Test
    void answeredRequestHasEveryStage() throws IOException {
      agent.answering(request -> HELLO);

      exchange("POST / HTTP/1.1|Host: h|Content-Length: 3||abc");

      assertThat(stages()).isEqualTo("read 1, take 1, relay 1, answer 1");
      assertThat(bytes("request")).isEqualTo(3);
      assertThat(bytes("response")).isEqualTo(5);
      Timer timer = agent.registry.get("longcut.client.requests").timer();
      assertThat(timer.getId().getTag("outcome")).isEqualTo("answered");
      assertThat(timer.getId().getTag("upstream_target")).isEqualTo("h-target");
      assertThat(timer.count()).isEqualTo(1);
      assertThat(timer.totalTime(TimeUnit.NANOSECONDS))
          .isGreaterThanOrEqualTo(time("read") + time("relay") + time("answer"));
    }

    @Test
    void bytesOfABodyInPiecesAreAdded() throws IOException {
      agent.answering(request -> HELLO);

      try (RawHttpCaller caller =
          agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")) {
        assertThat(caller.hasAnswerWithin(Duration.ofMillis(100))).isFalse();
        caller.send("cde").receive();
      }

      await().untilAsserted(() -> assertThat(bytes("request")).isEqualTo(5));
    }

    /** A later ack is that of another broker, which took the request over. */
    @Test
    void onlyTheFirstAckEndsAStage() throws IOException {
      agent.session.onPublish(
          publication -> {
            ClientRequest request = (ClientRequest) publication.event();
            agent.session.deliver(TestAgent.ackOf(request));
            agent.session.deliver(TestAgent.ackOf(request));
            agent.session.deliver(TestAgent.responseTo(request, HELLO));
          });

      exchange("GET / HTTP/1.1|Host: h||");

      assertThat(stages()).isEqualTo("read 1, take 1, relay 1, answer 1");
    }

    @Test
    void failedRequestHasEveryStageThatItReached() throws IOException {
      agent.session.onPublish(
          publication -> {
            ClientRequest request = (ClientRequest) publication.event();
            agent.session.deliver(
                new BrokerError(
                    request.clientReqId(),
                    UUID.randomUUID(),
                    new EventError(Failure.NO_UPSTREAM_AGENT, "nobody", Hop.BROKER)));
          });

      exchange("GET / HTTP/1.1|Host: h||");

      assertThat(stages()).isEqualTo("read 1, take 0, relay 0, answer 1");
      assertThat(bytes("response")).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
      "GET / HTTP/1.1|Host: else||, none, no_route",
      "POST / HTTP/1.1|Host: h|Content-Length: 10001||, h-target, request_too_large",
      "G(T / HTTP/1.1|Host: h||, none, bad_request"
    })
    void refusedRequestHasNoStage(String request, String target, String outcome)
        throws IOException {
      exchange(request);

      assertThat(stages()).isEqualTo("read 0, take 0, relay 0, answer 0");
      assertThat(agent.registry.get("longcut.client.requests").timers())
          .singleElement()
          .satisfies(
              timer -> {
                assertThat(timer.getId().getTag("outcome")).isEqualTo(outcome);
                assertThat(timer.count()).isEqualTo(1);
              });
    }

    @ParameterizedTest
    @CsvSource({"h, 0", "finishing, 1"})
    void answerOfACallerThatIsGoneIsNotWritten(String host, int relayed) throws IOException {
      agent.notAnswering();
      RawHttpCaller caller = agent.call("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      await().until(() -> agent.published(ClientRequest.class).size() == 1);
      caller.reset();
      await().until(() -> agent.agent.openConnections() == 0);
      agent.session.deliver(
          TestAgent.responseTo(agent.published(ClientRequest.class).get(0), HELLO));

      await().until(() -> agent.registry.find("longcut.client.requests").timer() != null);

      assertThat(stages()).isEqualTo("read 1, take 1, relay " + relayed + ", answer 0");
      assertThat(bytes("response")).isZero();
    }

    /** The caller goes on sending for a second after the refusal. */
    @Test
    void timeOfARefusedRequestEndsWithTheAnswer() throws IOException {
      try (RawHttpCaller caller =
          agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n")) {
        caller.receive();
        assertThat(caller.hasAnswerWithin(Duration.ofSeconds(1))).isFalse();
        caller.send("x".repeat(20_000));
        await().until(() -> agent.registry.find("longcut.client.requests").timer() != null);
      }

      assertThat(agent.registry.get("longcut.client.requests").timer().max(TimeUnit.MILLISECONDS))
          .isLessThan(1_000);
    }

    private void exchange(String request) throws IOException {
      try (RawHttpCaller caller = agent.call(request.replace("|", "\r\n"))) {
        caller.receive();
      }
      await().until(() -> agent.registry.find("longcut.client.requests").timer() != null);
    }

    private String stages() {
      return "read %d, take %d, relay %d, answer %d"
          .formatted(count("read"), count("take"), count("relay"), count("answer"));
    }

    private long count(String stage) {
      return stage(stage).count();
    }

    private double time(String stage) {
      return stage(stage).totalTime(TimeUnit.NANOSECONDS);
    }

    private Timer stage(String stage) {
      return agent.registry.get("longcut.client.stage").tag("stage", stage).timer();
    }

    private double bytes(String what) {
      Counter counter = agent.registry.find("longcut.client." + what + ".bytes").counter();
      return counter == null ? -1 : counter.count();
    }
  }
}
