package io.github.httplongcut.system.session;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpLogin;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.session.SessionState;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** A participant that consists of an AMQP session only and collects its deliveries. */
final class Peer implements AutoCloseable {

  /** The address of RabbitMQ. */
  record Address(String host, int port) {}

  static final Duration ACK_TIMEOUT = Duration.ofSeconds(2);

  private final Function<ProcessId, Plan> plan;
  private final ProcessId id;
  private final Loop loop;
  private final RabbitMqSession session;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
  private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
  private final AtomicInteger consumings = new AtomicInteger();
  private final AtomicInteger losses = new AtomicInteger();

  Peer(RabbitMqUser user, Address address, Function<ProcessId, Plan> plan) {
    this.plan = plan;
    id = ProcessId.create(user.login(), "peer");
    loop = new Loop("peer");
    AmqpConfig config =
        new AmqpConfig(
            List.of(new AmqpConfig.Address(address.host(), address.port())),
            user.login(),
            new AmqpLogin.FixedPassword(new Secret(user.login())),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(3),
            Duration.ofSeconds(1),
            1024 * 1024);
    Member member = new Member("peer", id, (newId, generation) -> plan.apply(newId), ACK_TIMEOUT);
    session = new RabbitMqSession(config, member, loop, registry);
  }

  /** Starts the session. Each delivery is collected and passed to {@code then}. */
  Peer start(Consumer<Delivery> then) {
    loop.start(
        new Ticker() {
          @Override
          public void onTick(long nowNanos) {}

          @Override
          public void onSuspended(long nanos) {}
        });
    session.start(
        new SessionListener() {
          @Override
          public void onDelivery(Delivery delivery) {
            deliveries.add(delivery);
            then.accept(delivery);
          }

          @Override
          public void onInboxReplaced(ProcessId newId) {
            throw new AssertionError(
                "an inbox is replaced only in a cluster, and RabbitMQ has one node");
          }

          @Override
          public void onConsuming() {
            consumeSharedQueues();
            consumings.incrementAndGet();
          }

          @Override
          public void onConsumingLost() {
            losses.incrementAndGet();
          }
        });
    return this;
  }

  private void consumeSharedQueues() {
    for (Plan.ConsumedQueue queue : plan.apply(id).queues()) {
      if (!queue.isOwn()) {
        session.consume(queue.name(), queue.prefetch());
      }
    }
  }

  ProcessId id() {
    return id;
  }

  RabbitMqSession session() {
    return session;
  }

  SessionState state() {
    return session.state();
  }

  boolean isUp() {
    return session.state().isHealthy();
  }

  /** Publishes and collects the outcome. */
  void publish(Publication publication) {
    session.publish(publication.whenDone(outcomes::add));
  }

  void onLoop(Runnable task) {
    loop.execute(task);
  }

  List<Delivery> deliveries() {
    return deliveries;
  }

  List<Event> events() {
    return deliveries.stream().flatMap(delivery -> delivery.events().stream()).toList();
  }

  List<Outcome> outcomes() {
    return outcomes;
  }

  int consumings() {
    return consumings.get();
  }

  int losses() {
    return losses.get();
  }

  /** Returns the sum of the gauges of this name. */
  double gauge(String meter) {
    return registry.get(meter).gauges().stream().mapToDouble(Gauge::value).sum();
  }

  double counted(String meter) {
    return registry.get(meter).counters().stream().mapToDouble(Counter::count).sum();
  }

  @Override
  public void close() {
    session.close();
    loop.close();
  }
}
