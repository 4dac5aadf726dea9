package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Three times the load that the relay can carry. A slow line from the client agent to RabbitMQ
 * limits the throughput, so that the result does not depend on how busy the machine is.
 */
@ExtendWith(RabbitMqExtension.class)
@Tag("long")
class OverloadIT {

  private static final Logger log = LoggerFactory.getLogger(OverloadIT.class);
  private static final int LINE_BYTES_PER_SECOND = 100_000;
  private static final Duration MEASURED = Duration.ofSeconds(6);
  private static final Duration OVERLOADED =
      Duration.ofSeconds(Integer.getInteger("longcut.test.overload.seconds", 60));
  private static final long HEAP_SLACK_BYTES = 16L << 20;

  private final RabbitMq rabbitMq;
  private final TestUpstream upstream = new TestUpstream();
  private TcpProxy line;
  private Relay relay;

  OverloadIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin() {
    rabbitMq.purge();
    line = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort());
    relay =
        new Relay(this::overTheLine, "Overload")
            .with("client-agent.ack-timeout", "3s")
            .with("broker.ack-timeout", "2s")
            .with("upstream-agent.ack-timeout", "2s")
            .with("upstream-agent.heartbeat-interval", "2s");
  }

  private URI overTheLine(RabbitMqUser user) {
    URI direct = rabbitMq.amqpUri(user);
    if (user != RabbitMqUser.CLIENT_AGENT) {
      return direct;
    }
    return URI.create(
        direct.toString().replace(direct.getHost() + ":" + direct.getPort(), proxyAddress()));
  }

  private String proxyAddress() {
    return "127.0.0.1:" + line.port();
  }

  @AfterEach
  void end() throws IOException {
    relay.close();
    line.close();
    upstream.close();
  }

  @Test
  void excessLoadIsRefusedAtOnceAndLeavesNothingBehind() throws InterruptedException {
    RoleProcess client = relay.clientAgent();
    relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    line.throttle(LINE_BYTES_PER_SECOND);
    LoadGenerator load = new LoadGenerator(client.port("http_listening"), "/");

    double throughput = load.runClosedLoop(30, MEASURED).perSecond();
    double heapBefore = client.heapAfterGc();
    LoadGenerator.Results answers = load.runAtRate(3 * throughput, OVERLOADED);
    double heapAfter = client.heapAfterGc();
    LoadGenerator.Results afterwards = load.runAtRate(throughput / 2, Duration.ofSeconds(3));

    log.info(
        "throughput {}/s; at three times that load: {} answered, p50 {}, {} refused, p99 {}; heap {} -> {}",
        Math.round(throughput),
        answers.answered(),
        answers.answeredWithin(50),
        answers.refused(),
        answers.refusedWithin(99),
        heapBefore,
        heapAfter);
    assertThat(answers.neitherAnsweredNorRefused()).as("lost or wrong").isEmpty();
    assertThat(answers.answered()).as("answered").isGreaterThan(requestsInOverload(throughput) / 2);
    assertThat(answers.refused()).as("refused").isGreaterThan(requestsInOverload(throughput) / 2);
    assertThat(answers.refusedWithin(99)).as("p99 of 503").isLessThan(answers.answeredWithin(50));
    assertThat(answers.answeredWithin(50)).as("p50 of 200").isLessThan(Duration.ofSeconds(2));
    assertThat(heapAfter).isLessThan(heapBefore + HEAP_SLACK_BYTES);
    assertThat(client.metric("longcut_client_requests_in_flight")).isZero();
    assertThat(client.metric("longcut_client_requests_unacked")).isZero();
    assertThat(client.metric("longcut_amqp_events_waiting")).isZero();
    assertThat(afterwards.neitherAnsweredNorRefused()).isEmpty();
    assertThat(afterwards.refused()).as("refused afterwards").isZero();
    assertThat(afterwards.answeredWithin(95)).isLessThan(Duration.ofSeconds(1));
    List<String> runs = upstream.runs();
    assertThat(runs).as("each ran once").doesNotHaveDuplicates();
    assertThat(runs).doesNotContainAnyElementsOf(answers.refusedPosts());
  }

  private static int requestsInOverload(double perSecond) {
    return (int) (perSecond * OVERLOADED.toSeconds());
  }
}
