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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brokers that start under load, or are full: they take only the requests that they can serve. */
@ExtendWith(RabbitMqExtension.class)
class IntakeIT {

  private static final Logger log = LoggerFactory.getLogger(IntakeIT.class);

  private static final double MOST_PER_SECOND = 800;

  private final RabbitMq rabbitMq;
  private final ExecutorService asking = Executors.newSingleThreadExecutor();
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
    asking.shutdownNow();
    relay.close();
    upstream.close();
  }

  /** Requests pile up while there is no broker: the new one must not take them all at once. */
  @Test
  void aBrokerThatStartsUnderLoadRefusesNextToNothing()
      throws InterruptedException, ExecutionException {
    RoleProcess client = relay.withDefaultTimers().clientAgent();
    RoleProcess killed = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    Crowd crowd = Crowd.ofReaders(client.port("http_listening"), "/brief/");
    double carried = crowd.askInTurn(50, Duration.ofSeconds(4)).perSecond();
    double rate = Math.min(MOST_PER_SECOND, carried / 2); // a busy machine carries less
    int askedBefore = crowd.asked();

    Future<Crowd.Answers> asked = asking.submit(() -> crowd.askAtRate(rate, Duration.ofSeconds(8)));
    await().until(() -> crowd.asked() - askedBefore >= 2 * rate);
    killed.kill();
    // It holds half a second's requests: fewer than come until a JVM has started.
    relay.with("broker.max-waiting", Integer.toString((int) (rate / 2))).broker();
    Crowd.Answers answers = asked.get();

    log.info("{} asked, {} a second: {}", answers.all().size(), rate, answers.byOutcome());
    assertThat(answers.all().size() - answers.answered())
        .as("failed: %s", answers.byOutcome())
        .isLessThanOrEqualTo(answers.all().size() / 100);
  }

  /** One that held as many as it may would refuse half of what comes. */
  @Test
  void aFullBrokerLeavesRequestsToTheOther() throws InterruptedException {
    RoleProcess client = relay.withDefaultTimers().clientAgent();
    relay.broker();
    relay.with("broker.max-waiting", "8").with("broker.max-in-flight", "8");
    RoleProcess small = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    Crowd crowd = Crowd.ofReaders(client.port("http_listening"), "/slow/");

    Crowd.Answers answers = crowd.askAtRate(80, Duration.ofSeconds(6)); // 24 at a time

    log.info("{} asked: {}", answers.all().size(), answers.byOutcome());
    assertThat(answers.byOutcome()).containsOnlyKeys("200 ");
    assertThat(small.metric("longcut_broker_received_total"))
        .as("some, but less than half")
        .isBetween(0.1 * answers.all().size(), 0.45 * answers.all().size());
  }
}
