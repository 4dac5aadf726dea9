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

/** A target without agents hardly affects other targets. */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class SharesIT {

  private static final Logger log = LoggerFactory.getLogger(SharesIT.class);

  private static final Duration PERIOD = Duration.ofSeconds(8);

  private final RabbitMq rabbitMq;
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private TestUpstream upstream;
  private Relay relay;

  SharesIT(RabbitMq rabbitMq) {
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

  /**
   * Without shares, 500 requests a second for a target without an agent would use up {@code
   * max-waiting}.
   */
  @Test
  void floodForATargetWithoutAnAgentHardlyAffectsAHealthyTarget()
      throws InterruptedException, ExecutionException {
    relay.withDefaultTimers();
    RoleProcess client = relay.clientAgent();
    RoleProcess flooding = relay.clientAgent("nobody");
    relay.broker();
    RoleProcess broker = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    LoadGenerator healthy = LoadGenerator.ofReaders(client.port("http_listening"), "/slow/");
    LoadGenerator flood = LoadGenerator.ofReaders(flooding.port("http_listening"), "/");
    double throughput = healthy.runClosedLoop(100, Duration.ofSeconds(4)).perSecond();
    double rate = Math.min(500, throughput / 2); // lower on a busy machine

    Future<LoadGenerator.Results> flooded =
        executor.submit(() -> flood.runAtRate(rate, PERIOD.plusSeconds(2)));
    await().until(() -> flood.sent() >= 2 * rate);
    LoadGenerator.Results answers = healthy.runAtRate(rate, PERIOD);

    log.info("{} requests, {} a second: {}", answers.all().size(), rate, answers.byOutcome());
    log.info("flood: {}", flooded.get().byOutcome());
    assertThat(answers.all().size() - answers.answered())
        .as("failed: %s", answers.byOutcome())
        .isLessThanOrEqualTo(answers.all().size() / 200);
    assertThat(flooded.get().answered()).isZero();
    assertThat(broker.metric("longcut_broker_shares_exceeded_total")).isPositive();
  }
}
