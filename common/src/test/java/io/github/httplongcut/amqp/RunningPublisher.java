package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link Publisher} with a loop and a link's thread, on a {@link FakeAmqpChannel}. */
final class RunningPublisher implements AutoCloseable {

  static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(RunningPublisher.class);

  final Loop loop = new Loop("test loop");
  final Socket socket = new Socket();
  final List<String> outcomes = new CopyOnWriteArrayList<>();
  final Publisher publisher;
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ConnectionFactory factory = new ConnectionFactory();

  RunningPublisher() {
    AmqpConfig config =
        new AmqpConfig(
            List.of(new AmqpConfig.Address("127.0.0.1", 1)),
            "broker",
            new AmqpLogin.FixedPassword(new Secret("broker")),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            CONFIRM_TIMEOUT,
            Duration.ofSeconds(2),
            1024 * 1024);
    Link link = new Link(factory, config, "test", new LinkMetrics(registry, "publish"));
    publisher =
        new Publisher(link, config, TestPublications.SENDER, loop, new PublishingMetrics(registry));
    loop.onTaskEnd(publisher::onTaskEnd);
    loop.start(
        new Ticker() {
          @Override
          public void onTick(long nowNanos) {}

          @Override
          public void onSuspended(long nanos) {}
        });
  }

  /** Gives the link the socket, whose send buffer lets threads other than the link's write. */
  void openSocket() throws IOException {
    factory.getSocketConfigurator().configure(socket);
  }

  @Override
  public void close() throws IOException {
    publisher.close();
    loop.close();
    socket.close();
  }

  /** Starts the link's thread on the channel's connection. */
  Thread use(FakeAmqpChannel channel) {
    Thread user =
        new Thread(
            () -> {
              try {
                publisher.connectionUser().use(channel.connection());
              } catch (IOException | ShutdownSignalException e) {
                log.debug("the link would connect again", e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "test link");
    user.setDaemon(true);
    user.start();
    await().until(publisher::isConnected);
    return user;
  }

  /** Publishes an event in a message of its own. Its outcome is {@code <version> <outcome>}. */
  void publish(String version, Tries tries) {
    publisher.publish(
        hello(version, tries)
            .batched(Batching.ALONE)
            .whenDone(outcome -> outcomes.add(version + " " + outcome)));
  }

  static Publication hello(String version, Tries tries) {
    return TestPublications.hello(version, giveUpAt()).tried(tries);
  }

  /** Publishes an ack to a tenant's inbox. Its outcome is {@code <tenant> <outcome>}. */
  void publishTo(String inbox) {
    String tenant = inbox.substring(0, inbox.indexOf('.'));
    publisher.publish(
        TestPublications.ack(inbox, giveUpAt())
            .whenDone(outcome -> outcomes.add(tenant + " " + outcome)));
  }

  private static long giveUpAt() {
    return System.nanoTime() + Duration.ofMinutes(1).toNanos();
  }

  /** Runs the publisher's check as if this time had passed. */
  void checkAfter(Duration time) {
    publisher.watch(System.nanoTime() + time.plusMillis(100).toNanos());
  }

  /** Waits until this number of messages is written on a channel. */
  void awaitWritten(int messages, FakeAmqpChannel channel) {
    await().until(() -> channel.bodies().size() == messages);
  }

  /** Waits until this number of messages is written on a tenant's channel, the first of them 0. */
  void awaitWritten(int messages, FakeAmqpChannel main, int tenantChannel) {
    await().until(() -> main.others().size() > tenantChannel);
    awaitWritten(messages, main.others().get(tenantChannel));
  }

  void awaitOutcomes(String... expected) {
    await().untilAsserted(() -> assertThat(outcomes).containsExactly(expected));
  }

  /** Returns whether the thread waits for work. */
  static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING;
  }

  static ConditionFactory await() {
    return Awaitility.await().pollInterval(Duration.ofMillis(2));
  }
}
