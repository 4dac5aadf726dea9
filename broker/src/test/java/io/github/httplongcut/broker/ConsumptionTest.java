package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.Intake.Load;
import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.FakeSession;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConsumptionTest {

  private static final Load FREE = new Load(7, 0, 10);
  private static final Load FULL = new Load(10, 0, 10);

  private static final RouterStats NOTHING =
      new RouterStats(
          new RouterStats.RequestCounts(0, 0, 0, 0),
          0,
          0,
          new RouterStats.Totals(0, 0, 0, 0, Map.of(), Map.of()),
          new RouterStats.ForgottenAgents(0, 0));

  private final Logger logger = (Logger) LoggerFactory.getLogger(Consumption.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final FakeSession session = new FakeSession();
  private final Consumption consumption =
      new Consumption(
          new Intake(new Intake.Limits(2_000, 10, 10)),
          session,
          new BrokerMessages(new ProcessId("broker", "b-aaaaaa"), Duration.ofSeconds(2), "1"),
          new BrokerMetrics(new SimpleMeterRegistry(), NOTHING));
  private long now;

  @BeforeEach
  void attachAppender() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void detachAppender() {
    logger.detachAppender(lines);
  }

  @Test
  void eachChangeIsLogged() {
    consumption.onConsuming(FREE, now);
    consumption.onHeartbeat(FREE, now);
    now += Duration.ofSeconds(1).toNanos();
    consumption.onMessage(3, FULL, now);
    now += Duration.ofSeconds(1).toNanos();
    consumption.onTick(FREE, now);

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "event=taking_requests prefetch=3 held=7 suppressed=0",
            "event=not_taking_requests why=full held=10 suppressed=0",
            "event=taking_requests prefetch=3 held=7 suppressed=0");
  }

  @Test
  void changesAreLoggedAtMostOncePerSecondAndTheLastOneAlways() {
    consumption.onConsuming(FREE, now);
    consumption.onHeartbeat(FREE, now);
    for (int i = 0; i < 5; i++) {
      consumption.onMessage(3, FULL, now);
      now += Duration.ofMillis(50).toNanos();
      consumption.onTick(FREE, now);
    }
    consumption.onMessage(3, FULL, now);
    assertThat(lines.list).hasSize(1);
    assertThat(consumption.isQuiet()).isFalse();

    now += Duration.ofMillis(750).toNanos();
    consumption.onTick(FULL, now);

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .endsWith("event=not_taking_requests why=full held=10 suppressed=10")
        .hasSize(2);
    assertThat(session.consumed()).hasSize(13); // orphans once, requests for each change
  }
}
