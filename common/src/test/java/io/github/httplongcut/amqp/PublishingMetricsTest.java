package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.RunningPublisher.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.Publication.Tries;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Meters of a publisher's messages and of RabbitMQ's replies. */
class PublishingMetricsTest {

  private final RunningPublisher running = new RunningPublisher();
  private final FakeAmqpChannel channel = new FakeAmqpChannel();

  @AfterEach
  void close() throws IOException {
    channel.shutDown();
    running.close();
  }

  @Test
  void messagesAreCountedWithTheirBytesAndEvents() {
    running.publisher.publish(RunningPublisher.hello("a", Tries.ONCE));
    running.publisher.publish(RunningPublisher.hello("b", Tries.ONCE));
    running.use(channel); // writes both, as one message

    running.awaitWritten(1, channel);
    int bytes = channel.bodies().get(0).getBytes(StandardCharsets.UTF_8).length;
    await().until(() -> count("longcut.amqp.published") == bytes);
    DistributionSummary batches =
        running.registry.get("longcut.amqp.published.batch.events").summary();
    await().until(() -> batches.count() == 1);
    assertThat(batches.totalAmount()).isEqualTo(2);
    assertThat(count("longcut.amqp.messages.published")).isEqualTo(1);
    assertThat(ofHellos("longcut.amqp.events.published")).isEqualTo(2);
  }

  @Test
  void repliesOfRabbitMqAreCounted() throws Exception {
    running.use(channel);
    running.publish("a", Tries.ONCE);
    running.publish("b", Tries.ONCE);
    running.publish("c", Tries.ONCE);
    running.awaitWritten(3, channel);

    channel.confirm(1);
    channel.returnMessage(2);
    channel.confirm(2);
    channel.nack(3);

    Timer confirms = running.registry.get("longcut.amqp.confirm").timer();
    assertThat(confirms.count()).isEqualTo(2);
    assertThat(confirms.totalTime(TimeUnit.SECONDS)).isPositive().isLessThan(60);
    assertThat(ofHellos("longcut.amqp.messages.returned")).isEqualTo(1);
    assertThat(ofHellos("longcut.amqp.messages.nacked")).isEqualTo(1);
  }

  /** RabbitMQ may still nack a message again and again. */
  @Test
  void eachNackIsCounted() throws Exception {
    running.use(channel);
    running.publish("a", Tries.UNTIL_CONFIRMED);
    running.awaitWritten(1, channel);
    channel.nack(1);
    running.checkAfter(Duration.ZERO);
    running.awaitWritten(2, channel);

    channel.nack(2);

    assertThat(ofHellos("longcut.amqp.messages.nacked")).isEqualTo(2);
    assertThat(running.registry.get("longcut.amqp.confirm").timer().count()).isZero();
  }

  private double count(String meter) {
    return running.registry.get(meter).counter().count();
  }

  private double ofHellos(String meter) {
    return running.registry.get(meter).tag("event", "broker_hello").counter().count();
  }
}
