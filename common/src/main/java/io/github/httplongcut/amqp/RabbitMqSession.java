package io.github.httplongcut.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AddressResolver;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.PeerLink;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.session.SessionState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link Session} with a RabbitMQ server. */
public final class RabbitMqSession implements Session {

  private static final Logger log = LoggerFactory.getLogger(RabbitMqSession.class);
  private static final Duration WATCH_INTERVAL = Duration.ofMillis(200);
  private static final Duration RPC_TIMEOUT = Duration.ofSeconds(10);
  private static final double NANOS_PER_SECOND = 1e9;

  // Values of the label "connection".
  private static final String PUBLISH = "publish";
  private static final String CONSUME = "consume";
  private static final String PEERS = "peers";

  private static final String CONNECTION_UP = "1 while the connection can be used, else 0";

  private final AmqpConfig config;
  private final Member member;
  private final MeterRegistry registry;
  private final Link publishingLink;
  private final Link consumingLink;
  private final Publisher publisher;
  private final ConsumingChannel consumingChannel;
  private final ConsumingMetrics consumingMetrics;
  private final Loop loop;
  private final ScheduledExecutorService watchdog;
  private final Counter blocked;
  private Optional<PeerConnection> peers = Optional.empty();
  private long lastWatchAt;

  /**
   * Creates a session that is not connected yet.
   *
   * @param loop loop on which the listener and all outcomes are called
   * @param registry registry for the session's metrics
   */
  public RabbitMqSession(AmqpConfig config, Member member, Loop loop, MeterRegistry registry) {
    this.config = config;
    this.member = member;
    this.loop = loop;
    this.registry = registry;
    PublishingMetrics publishingMetrics = new PublishingMetrics(registry);
    String name = member.role() + " " + member.id();
    publishingLink =
        new Link(
            configure(new GuardedFactory(config, new ContentReading()), config, name + " publish"),
            config,
            name + " publish",
            new LinkMetrics(registry, PUBLISH));
    publisher = new Publisher(publishingLink, config, member.id(), loop, publishingMetrics);
    ContentReading reading = new ContentReading();
    NodeAffinity nodeAffinity = new NodeAffinity(config.addresses(), member, System::nanoTime);
    consumingLink =
        new Link(
            configure(factoryTo(nodeAffinity, config, reading), config, name + " consume"),
            config,
            name + " consume",
            new LinkMetrics(registry, CONSUME));
    consumingMetrics = new ConsumingMetrics(registry);
    consumingChannel =
        new ConsumingChannel(
            consumingLink,
            reading,
            nodeAffinity,
            member.ackTimeout(),
            loop::executeHere,
            consumingMetrics);
    loop.onTaskEnd(publisher::onTaskEnd);
    watchdog = Executors.newSingleThreadScheduledExecutor(daemonThreads("amqp watch"));
    blocked = registerMeters(registry);
  }

  /** Registers the meters of the session's state. Returns the counter of {@link #watchAt}. */
  private Counter registerMeters(MeterRegistry registry) {
    Gauge.builder("longcut.amqp.events.waiting", publisher, Publisher::waiting)
        .description("Events waiting to be written to RabbitMQ")
        .register(registry);
    Gauge.builder("longcut.amqp.messages.unconfirmed", publisher, Publisher::unconfirmed)
        .description("AMQP messages that RabbitMQ has not confirmed")
        .register(registry);
    Gauge.builder("longcut.amqp.connection.up", publisher, it -> it.isConnected() ? 1 : 0)
        .description(CONNECTION_UP)
        .tag("connection", PUBLISH)
        .register(registry);
    Gauge.builder("longcut.amqp.connection.up", consumingChannel, it -> it.isConsuming() ? 1 : 0)
        .description(CONNECTION_UP)
        .tag("connection", CONSUME)
        .register(registry);
    Gauge.builder("longcut.amqp.connection.blocked", publisher, it -> it.isBlocked() ? 1 : 0)
        .description("1 while an alarm of RabbitMQ blocks publishing, else 0")
        .register(registry);
    return Counter.builder("longcut.amqp.blocked")
        .description("Time in which an alarm of RabbitMQ blocked publishing")
        .baseUnit("seconds")
        .register(registry);
  }

  /** Opens connections with a {@link ContentGuard}, so that no message can close them. */
  private static class GuardedFactory extends LoginConnectionFactory {
    private final ContentReading reading;

    GuardedFactory(AmqpConfig config, ContentReading reading) {
      super(config);
      this.reading = reading;
    }

    @Override
    protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
      FrameHandlerFactory factory = super.createFrameHandlerFactory();
      return (address, name) -> new ContentGuard(factory.create(address, name), reading);
    }
  }

  private static ConnectionFactory factoryTo(
      NodeAffinity nodeAffinity, AmqpConfig config, ContentReading reading) {
    return new GuardedFactory(config, reading) {
      @Override
      protected AddressResolver createAddressResolver(List<Address> addresses) {
        return nodeAffinity;
      }
    };
  }

  private static ConnectionFactory configure(
      ConnectionFactory factory, AmqpConfig config, String threads) {
    factory.setRequestedHeartbeat((int) config.heartbeat().toSeconds());
    factory.setConnectionTimeout((int) config.connectionTimeout().toMillis());
    factory.setHandshakeTimeout((int) config.connectionTimeout().toMillis());
    factory.setChannelRpcTimeout((int) RPC_TIMEOUT.toMillis());
    factory.setChannelShouldCheckRpcResponseType(true);
    factory.setMaxInboundMessageBodySize(
        WireLimits.MESSAGE_BYTES + 1); // ContentGuard's limit is lower
    factory.setExceptionHandler(new DriverExceptionLog());
    factory.setThreadFactory(daemonThreads(threads));
    factory.setSharedExecutor(new SameThreadExecutor());
    return factory;
  }

  private static ThreadFactory daemonThreads(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public PeerLink linkPeers(EventType type, PeerLink.Listener listener) {
    String name = member.role() + " " + member.id() + ' ' + PEERS;
    Link link =
        new Link(
            configure(new GuardedFactory(config, new ContentReading()), config, name),
            config,
            name,
            new LinkMetrics(registry, PEERS));
    PeerMessages messages = new PeerMessages(type, config.user(), member.id());
    PeerConnection connection =
        new PeerConnection(
            link,
            messages,
            listener,
            new DiscardedMessages(consumingMetrics, System::nanoTime),
            PeerConnection.FIRST_PAUSE);
    peers = Optional.of(connection);
    return connection;
  }

  @Override
  public void start(SessionListener listener) {
    consumingChannel.listener(listener);
    lastWatchAt = System.nanoTime();
    publishingLink.start(publisher.connectionUser());
    consumingLink.start(consumingChannel);
    peers.ifPresent(PeerConnection::start); // held until the first watch
    var unused =
        watchdog.scheduleWithFixedDelay(
            this::watch,
            WATCH_INTERVAL.toMillis(),
            WATCH_INTERVAL.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void watch() {
    try {
      watchAt(System.nanoTime());
    } catch (RuntimeException | Error e) {
      log.error("event=bug thread=watch", e); // an exception would cancel the scheduled task
    }
  }

  private void watchAt(long now) {
    if (now - lastWatchAt >= WATCH_INTERVAL.plus(Loop.SUSPENDED_AFTER).toNanos()) {
      publisher.onSuspended(now);
      consumingChannel.onSuspended(now);
    }
    if (publisher.isBlocked()) {
      blocked.increment((now - lastWatchAt) / NANOS_PER_SECOND);
    }
    lastWatchAt = now;
    publisher.watch(now);
    consumingChannel.watch(now);
    // If RabbitMQ limits the user's connections, these two must get theirs first.
    boolean hold = !publisher.isConnected() || !consumingChannel.isConsuming();
    peers.ifPresent(link -> link.hold(hold));
  }

  @Override
  public void publishOnlyWhileConsuming() {
    publisher.hold(true);
    consumingChannel.whenConsuming(consuming -> publisher.hold(!consuming));
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
    return new SessionState(
        publisher.isConnected(), consumingChannel.isConsuming(), publisher.isBlocked());
  }

  @Override
  public void reopenConsuming(String why) {
    consumingChannel.reopen(why);
  }

  @Override
  public void consume(String queue, int prefetch) {
    consumingChannel.consume(queue, prefetch);
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {
    consumingChannel.stop(queues, then);
  }

  @Override
  public boolean flush(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    // Outcomes first: the listener acks deliveries when its publications are confirmed.
    return publisher.flush(atMost)
        && loop.executeAndWait(() -> {}, Duration.ofNanos(deadline - System.nanoTime()))
        && consumingChannel.flush(deadline - System.nanoTime());
  }

  /**
   * Closes the consuming connection first, so that other processes get its unacked messages at
   * once.
   */
  @Override
  public void close() {
    watchdog.shutdownNow();
    consumingLink.close();
    publisher.close();
    publishingLink.close();
    peers.ifPresent(PeerConnection::close);
  }
}
