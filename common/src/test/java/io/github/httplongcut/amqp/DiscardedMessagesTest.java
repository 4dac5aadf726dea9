package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class DiscardedMessagesTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long now = Long.MAX_VALUE - 500_000_000; // close to the overflow of nanoTime
  private final DiscardedMessages discardedMessages =
      new DiscardedMessages(new ConsumingMetrics(registry), () -> now);
  private final Logger logger = (Logger) LoggerFactory.getLogger(DiscardedMessages.class);
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(appender);
  }

  @Test
  void onePerSecondAndReasonIsLoggedAndAllAreCounted() {
    for (int i = 0; i < 100; i++) {
      discardedMessages.discarded(delivery("mallory"), DiscardReason.WRONG_SENDER);
      now += 19_000_000;
    }
    discardedMessages.discarded(delivery("mallory"), DiscardReason.WRONG_RECEIVER);

    assertThat(lines())
        .containsExactly(
            "event=message_discarded reason=wrong_sender type=\"broker_hello\" key=\"key\""
                + " user=\"mallory\" why=\"origin sent\" suppressed=0",
            "event=message_discarded reason=wrong_sender type=\"broker_hello\" key=\"key\""
                + " user=\"mallory\" why=\"origin sent\" suppressed=52",
            "event=message_discarded reason=wrong_receiver type=\"broker_hello\" key=\"key\""
                + " user=\"mallory\" why=\"origin sent\" suppressed=0");
    assertThat(count("wrong_sender")).isEqualTo(100);
    assertThat(count("wrong_receiver")).isEqualTo(1);
  }

  @Test
  void textFromOutsideIsQuoted() {
    BasicProperties properties =
        new BasicProperties.Builder().type("t\ny").userId("mal\n\"lory").build();

    discardedMessages.unreadable("k\ney", properties, 7, new MalformedEventException("no\nJSON"));

    assertThat(lines())
        .containsExactly(
            "event=message_discarded reason=unreadable type=\"t\\ny\" key=\"k\\ney\""
                + " user=\"mal\\n\\\"lory\" why=\"7 bytes: no\\nJSON\" suppressed=0");
    assertThat(appender.list.get(0).getThrowableProxy()).isNull();
    assertThat(count("unreadable")).isEqualTo(1);
  }

  @Test
  void aForgedMessageHasTheWrongSender() {
    discardedMessages.unreadable(
        "key", new BasicProperties(), 7, new ForgedMessageException("a forged dead letter"));

    assertThat(count("wrong_sender")).isEqualTo(1);
    assertThat(count("unreadable")).isZero();
    assertThat(appender.list.get(0).getThrowableProxy()).isNull();
  }

  @Test
  void aBugIsLoggedWithItsStack() {
    discardedMessages.unreadable(
        "key", new BasicProperties(), 7, new IllegalStateException("a bug, for this test"));

    assertThat(appender.list.get(0).getThrowableProxy()).isNotNull();
  }

  private List<String> lines() {
    return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private double count(String reason) {
    return registry.counter("longcut.amqp.messages.discarded", "reason", reason).count();
  }

  private static Delivery delivery(String user) {
    Delivery.Envelope envelope = new Delivery.Envelope(Delivery.Origin.SENT, "key", user, false);
    return new Delivery(null, 1, envelope, EventType.BROKER_HELLO, List.of());
  }
}
