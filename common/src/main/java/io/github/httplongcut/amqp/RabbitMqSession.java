package io.github.httplongcut.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AddressResolver;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import com.rabbitmq.client.impl.StrictExceptionHandler;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.WireLimits;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link Session} on a real RabbitMQ. */
public final class RabbitMqSession implements Session {

  private static final Logger log = LoggerFactory.getLogger(RabbitMqSession.class);
  private static final Duration WATCH_INTERVAL = Duration.ofMillis(200);
  private static final Duration RPC_TIMEOUT = Duration.ofSeconds(10);

  private final Link publishing;
  private final Link consuming;
  private final Publisher publisher;
  private final ConsumingChannel inbox;
  private final Loop loop;
  private final ScheduledExecutorService watcher;
  private long watchedAt;

  /**
   * A session that is not connected yet.
   *
   * @param loop where its listener and every outcome are called
   * @param registry where it counts
   */
  public RabbitMqSession(AmqpConfig config, Member member, Loop loop, MeterRegistry registry) {
    this.loop = loop;
    SessionMetrics metrics = new SessionMetrics(registry);
    String name = member.role() + " " + member.id();
    publishing =
        new Link(
            configure(new GuardedFactory(), config, name + " publish"), config, name + " publish");
    publisher = new Publisher(publishing, config, member.id(), loop, metrics);
    NodeAffinity home = new NodeAffinity(config.addresses(), member, System::nanoTime);
    consuming =
        new Link(configure(factoryTo(home), config, name + " consume"), config, name + " consume");
    inbox = new ConsumingChannel(consuming, home, member.ackTimeout(), loop::executeHere, metrics);
    loop.onTaskEnd(publisher::onTaskEnd);
    watcher = Executors.newSingleThreadScheduledExecutor(daemons("amqp watch"));
    Gauge.builder("longcut.amqp.events.waiting", publisher, Publisher::waiting)
        .description("Events that wait to be written")
        .register(registry);
    Gauge.builder("longcut.amqp.messages.unconfirmed", publisher, Publisher::unconfirmed)
        .description("Messages that RabbitMQ has not confirmed yet")
        .register(registry);
  }

  /** Connections whose reader survives any message. */
  private static class GuardedFactory extends ConnectionFactory {
    @Override
    protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
      FrameHandlerFactory factory = super.createFrameHandlerFactory();
      return (address, name) -> new ContentGuard(factory.create(address, name));
    }
  }

  private static ConnectionFactory factoryTo(NodeAffinity home) {
    return new GuardedFactory() {
      @Override
      protected AddressResolver createAddressResolver(List<Address> addresses) {
        return home;
      }
    };
  }

  private static ConnectionFactory configure(
      ConnectionFactory factory, AmqpConfig config, String threads) {
    factory.setUsername(config.user());
    factory.setPassword(config.password().value());
    factory.setVirtualHost(config.virtualHost());
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setRequestedHeartbeat((int) config.heartbeat().toSeconds());
    factory.setConnectionTimeout((int) config.connectionTimeout().toMillis());
    factory.setHandshakeTimeout((int) config.connectionTimeout().toMillis());
    factory.setChannelRpcTimeout((int) RPC_TIMEOUT.toMillis());
    factory.setChannelShouldCheckRpcResponseType(true);
    factory.setMaxInboundMessageBodySize(WireLimits.MESSAGE_BYTES + 1); // the guard's is lower
    factory.setExceptionHandler(new StrictExceptionHandler());
    factory.setThreadFactory(daemons(threads));
    factory.setSharedExecutor(new ReaderThread());
    config.tls().ifPresent(tls -> AmqpTls.configure(factory, tls));
    return factory;
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void start(SessionListener listener) {
    inbox.listener(listener);
    watchedAt = System.nanoTime();
    publishing.start(publisher);
    consuming.start(inbox);
    var unused =
        watcher.scheduleWithFixedDelay(
            this::watch,
            WATCH_INTERVAL.toMillis(),
            WATCH_INTERVAL.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void watch() {
    try {
      watchAt(System.nanoTime());
    } catch (RuntimeException | Error e) {
      log.error("event=bug thread=watch", e); // thrown on, it would end the watch for good
    }
  }

  private void watchAt(long now) {
    if (now - watchedAt >= WATCH_INTERVAL.plus(Loop.STOOD_STILL).toNanos()) {
      publisher.stoodStill(now);
      inbox.stoodStill(now);
    }
    watchedAt = now;
    publisher.watch(now);
    inbox.watch(now);
  }

  @Override
  public void publishOnlyWhileConsuming() {
    publisher.hold(true);
    inbox.whenConsuming(consuming -> publisher.hold(!consuming));
  }

  @Override
  public void publish(Publication publication) {
    publisher.publish(publication);
  }

  @Override
  public void withdraw(Publication publication) {
    publisher.withdraw(publication);
  }

  @Override
  public SessionState state() {
    return new SessionState(publisher.isConnected(), inbox.isConsuming(), publisher.isBlocked());
  }

  @Override
  public void reopenConsuming(String why) {
    inbox.reopen(why);
  }

  @Override
  public void consume(String queue, int prefetch) {
    inbox.consume(queue, prefetch);
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {
    inbox.stop(queues, then);
  }

  @Override
  public boolean flush(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    // Outcomes come before acks: what was published is what the acks are for.
    return publisher.flush(atMost)
        && passedLoop(deadline - System.nanoTime())
        && inbox.flush(deadline - System.nanoTime());
  }

  private boolean passedLoop(long atMostNanos) throws InterruptedException {
    CountDownLatch passed = new CountDownLatch(1);
    loop.execute(passed::countDown);
    return passed.await(atMostNanos, TimeUnit.NANOSECONDS);
  }

  /** The consuming connection goes first: what it gives back, others can take at once. */
  @Override
  public void close() {
    watcher.shutdownNow();
    consuming.close();
    publisher.close();
    publishing.close();
  }
}
