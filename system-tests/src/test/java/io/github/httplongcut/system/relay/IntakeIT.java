package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A broker that starts under load, or is full, consumes only the requests that it can serve. */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class IntakeIT {

  private static final Logger log = LoggerFactory.getLogger(IntakeIT.class);

  private static final double MOST_PER_SECOND = 800;

  private final RabbitMq rabbitMq;
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private TestUpstream upstream;
  private Relay relay;

  IntakeIT(RabbitMq rabbitMq) {
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
    executor.shutdownNow();
    relay.close();
    upstream.close();
  }

  /** Requests pile up while no broker runs. The new broker must not consume all of them at once. */
  @Test
  void brokerThatStartsUnderLoadRefusesAtMostOnePercent()
      throws InterruptedException, ExecutionException {
    RoleProcess client = relay.withDefaultTimers().clientAgent();
    RoleProcess killed = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    LoadGenerator load = LoadGenerator.ofReaders(client.port("http_listening"), "/brief/");
    double throughput = load.runClosedLoop(50, Duration.ofSeconds(4)).perSecond();
    // Lower on a busy machine, where the new broker's JVM, which has compiled nothing yet, acks
    // late.
    double rate = Math.min(MOST_PER_SECOND, throughput / 5);
    int sentBefore = load.sent();

    Future<LoadGenerator.Results> sent =
        executor.submit(() -> load.runAtRate(rate, Duration.ofSeconds(8)));
    await().until(() -> load.sent() - sentBefore >= 2 * rate);
    killed.kill();
    // The new broker holds the requests of half a second, fewer than arrive while its JVM starts.
    relay.with("broker.max-waiting", Integer.toString((int) (rate / 2))).broker();
    LoadGenerator.Results answers = sent.get();

    log.info("{} requests, {} a second: {}", answers.all().size(), rate, answers.byOutcome());
    assertThat(answers.all().size() - answers.answered())
        .as("failed: %s", answers.byOutcome())
        .isLessThanOrEqualTo(answers.all().size() / 100);
  }

  /**
   * A full broker refuses only requests that were on their way when it paused, such as the rest of
   * a message with several. On a slow machine, where most messages had several requests, it refused
   * 6 to 22 of 481. Without the pause it refused 73.
   */
  @Test
  void fullBrokerLeavesRequestsToTheOther() throws InterruptedException {
    RoleProcess client = relay.withDefaultTimers().clientAgent();
    relay.broker();
    relay.with("broker.max-waiting", "8").with("broker.max-in-flight", "8");
    RoleProcess small = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    LoadGenerator load = LoadGenerator.ofReaders(client.port("http_listening"), "/second/");

    LoadGenerator.Results answers = load.runAtRate(80, Duration.ofSeconds(6)); // 80 in flight

    log.info("{} requests: {}", answers.all().size(), answers.byOutcome());
    assertThat(answers.byOutcome().keySet()).isSubsetOf("200 ", "503 overloaded");
    assertThat(answers.refused()).isLessThan(answers.all().size() / 10);
    assertThat(small.metric("longcut_broker_received_total"))
        .as("requests at the small broker: some, but less than half")
        .isBetween(0.05 * answers.all().size(), 0.45 * answers.all().size());
  }
}
