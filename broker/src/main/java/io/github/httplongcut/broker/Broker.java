package io.github.httplongcut.broker;

import io.github.httplongcut.amqp.Session;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The broker: its parts, how they hang together, its start and its end. */
final class Broker {

  private static final Logger log = LoggerFactory.getLogger(Broker.class);

  /** How long what is not an answer may take to be published in the end. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final Duration drainTimeout;
  private final Loop loop;
  private final Session session;
  private final BrokerLoop brokerLoop;

  /**
   * A broker that does nothing yet.
   *
   * @param loop not started
   * @param session on that loop, not started
   */
  Broker(
      BrokerConfig config, ProcessId brokerId, Loop loop, Session session, MeterRegistry registry) {
    this.drainTimeout = config.drainTimeout();
    this.loop = loop;
    this.session = session;
    Duration ackTimeout = config.timeouts().ackTimeout();
    Router router =
        new Router(
            brokerId,
            limits(config),
            UUID::randomUUID,
            new SplittableRandom(),
            new JournalLog(loop::now, new ShareMetrics(registry)));
    brokerLoop =
        new BrokerLoop(
            router,
            new BrokerLoop.Ports(
                session,
                new EnvelopeCheck(config.users()),
                new BrokerMessages(brokerId, ackTimeout, Version.current()),
                new Intake(intakeLimits(config.limits())),
                new BrokerMetrics(registry, router.stats()),
                loop::now),
            ackTimeout);
  }

  /** Connects; RabbitMQ need not be there yet. */
  void start() {
    loop.start(brokerLoop);
    session.start(brokerLoop); // last: what it delivers finds the loop running
  }

  /**
   * Drains. It stops taking requests before it stops answering: what waits goes back to the client
   * agents at once, what runs is awaited, and the heartbeats are heard to the end, so that an agent
   * that dies meanwhile is noticed. What is not done in time, RabbitMQ gives to another broker if
   * it is repeatable.
   */
  void close() throws InterruptedException {
    // The drain begins behind that: what it gives back must not be delivered here once more.
    session.stopConsuming(
        Set.of(Topology.CLIENT_REQUEST_QUEUE, Topology.ORPHAN), brokerLoop::beginDrain);
    try {
      brokerLoop.drained().get(drainTimeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.warn("event=drain_timed_out waited={}", drainTimeout);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nobody completes it so
    }
    session.flush(LAST_WORDS);
    session.close();
    loop.close(); // last: until now the session tells it what became of its publications
  }

  /** Returns the state of the consumption of requests; from any thread. */
  Intake.State consumption() {
    return brokerLoop.consumption();
  }

  private static Intake.Limits intakeLimits(BrokerConfig.Limits limits) {
    return new Intake.Limits(BrokerConfig.PREFETCH, limits.maxInFlight(), limits.waiting().total());
  }

  private static RouterLimits limits(BrokerConfig config) {
    return new RouterLimits(
        config.timeouts().waitTimeout(),
        config.timeouts().ackTimeout(),
        config.timeouts().replyTimeout(),
        config.limits().maxInFlight(),
        config.limits().maxInFlightBytes(),
        config.limits().waiting(),
        config.limits().shares(),
        config.limits().maxAttempts(),
        config.limits().agents());
  }
}
