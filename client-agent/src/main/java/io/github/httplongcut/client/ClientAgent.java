package io.github.httplongcut.client;

import io.github.httplongcut.amqp.Publication;
import io.github.httplongcut.amqp.Publication.Tries;
import io.github.httplongcut.amqp.Session;
import io.github.httplongcut.client.PendingRequest.Incoming;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client agent: its parts, how they hang together, its start and its end. */
final class ClientAgent {

  private static final Logger log = LoggerFactory.getLogger(ClientAgent.class);

  /** How long the last publications and answers may take once nothing is pending any more. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private static final Duration DRAIN_POLL = Duration.ofMillis(20);

  /** When nothing has come for so long, the callers have been sent elsewhere. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final ClientAgentConfig config;
  private final Loop loop;
  private final Session session;
  private final Admission admission;
  private final RequestMetrics metrics;
  private final PendingRequests pending;
  private final ClientSessionListener inbox;
  private final RelayHandler handler;
  private final HttpListener listener;

  /**
   * A client agent that does nothing yet.
   *
   * @param loop not started
   * @param session on that loop, not started
   */
  ClientAgent(
      ClientAgentConfig config,
      ProcessId clientId,
      Loop loop,
      Session session,
      MeterRegistry registry) {
    this.config = config;
    this.loop = loop;
    this.session = session;
    ExceededShares exceeded = new ExceededShares(registry);
    RequestShares shares =
        new RequestShares(
            config.limits().maxInFlight(),
            config.limits().maxInFlightBytes(),
            config.shares().rule(),
            config.routing().upstreamTargets());
    admission = new Admission(shares, config.ackDelayTarget(), exceeded);
    metrics = new RequestMetrics(registry, admission);
    pending = new PendingRequests(clientId, config.ackTimeout(), new ToSession(), UUID::randomUUID);
    inbox = new ClientSessionListener(clientId, pending, loop::now, metrics);
    HttpDate date = new HttpDate(InstantSource.system());
    handler =
        new RelayHandler(
            config,
            admission,
            new RelayedRequest.Context(
                new ToLoop(), metrics, "longcut." + clientId.instance(), date, () -> false));
    listener = new HttpListener(config, handler, exceeded, date);
  }

  /** Listens; RabbitMQ need not be there yet. */
  void start() {
    loop.start(new Ticks());
    session.publishOnlyWhileConsuming();
    session.start(inbox);
    listener.start(); // last: what comes in finds everything running
  }

  /** The port that callers connect to. */
  int port() {
    return listener.port();
  }

  /** Requests under way, for tests. */
  Admission admission() {
    return admission;
  }

  /** Connections of callers, for tests. */
  int openConnections() {
    return listener.openConnections();
  }

  /** Whether anything is under way, for tests of leaks. */
  boolean isIdle() {
    return admission.isIdle();
  }

  /**
   * Drains: what is under way is answered, within the drain timeout. What still comes is served
   * until nothing has come for a second, so that no caller finds the door shut or a kept connection
   * closed under its request, but for half of the drain timeout at the most: the other half is for
   * the answers.
   */
  void stop() throws InterruptedException {
    long began = System.nanoTime();
    handler.drain();
    await(config.drainTimeout().dividedBy(2), () -> isQuiet(began));
    listener.stopAccepting();
    Duration left = config.drainTimeout().minusNanos(System.nanoTime() - began);
    if (!await(left, () -> admission.requests() == 0)) {
      log.warn("event=drain_timed_out in_flight={}", admission.requests());
      onLoop(pending::abandonAll);
      await(LAST_WORDS, () -> admission.requests() == 0);
    }
    listener.close(); // before the session: a connection that ends may have something to cancel
    onLoop(() -> {});
    session.flush(LAST_WORDS);
    session.close();
    loop.close();
  }

  private boolean isQuiet(long began) {
    long now = System.nanoTime();
    return Math.min(now - began, now - handler.receivedAt()) >= QUIET.toNanos();
  }

  private static boolean await(Duration atMost, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.sleep(DRAIN_POLL.toNanos());
    }
    return true;
  }

  /** Runs it on the loop and waits until it has. */
  private void onLoop(Runnable task) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    loop.execute(
        () -> {
          task.run();
          done.countDown();
        });
    if (!done.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)) {
      log.warn("event=loop_busy");
    }
  }

  /** From I/O threads to the loop. */
  private final class ToLoop implements RequestSubmitter {
    @Override
    public void submit(Incoming incoming) {
      loop.executeHere(() -> pending.add(incoming, loop.now()));
    }

    @Override
    public void onHungUp(UUID firstId) {
      loop.execute(() -> pending.onHungUp(firstId, loop.now()));
    }
  }

  /** From the loop to RabbitMQ. */
  private final class ToSession implements RequestPublisher {
    @Override
    public Runnable publish(Attempt attempt) {
      metrics.countPublication();
      UUID id = attempt.event().clientReqId();
      Publication publication =
          Publication.of(attempt.event(), attempt.routingKey(), attempt.giveUpAt())
              .tried(Tries.ONCE)
              .batched(attempt.batching())
              .expiringAfter(attempt.expirationMillis())
              .whenDone(outcome -> pending.onOutcome(id, outcome, loop.now()));
      session.publish(publication);
      return () -> session.withdraw(publication);
    }

    @Override
    public void cancel(ClientCancel cancel, ProcessId brokerId) {
      long giveUpAt = loop.now() + config.ackTimeout().toNanos();
      session.publish(
          Publication.of(cancel, brokerId.toString(), giveUpAt)
              .expiringAfter(config.ackTimeout().toMillis()));
    }
  }

  /** Time that passes, and time that does not count. */
  private final class Ticks implements Ticker {

    private final Guard guard = new Guard();
    private long lastTick = System.nanoTime();
    private long stoodStill;

    @Override
    public void onTick(long now) {
      long passed = now - lastTick;
      lastTick = now;
      // While it could not hear or say anything, and while it stood still, nobody else was late.
      long excused = session.state().isHealthy() ? stoodStill : passed;
      pending.excuse(excused);
      if (excused > 0) {
        admission.disregardDelays();
      }
      stoodStill = 0;
      guard.run("admission", () -> admission.onTick(now));
      guard.run("pending", () -> pending.onTick(now));
    }

    @Override
    public long nanosToNextTick(long now) {
      boolean idle = pending.size() == 0 && !admission.isGrowing();
      return (idle ? Loop.IDLE_TICK : Loop.TICK).toNanos();
    }

    @Override
    public void onStoodStill(long nanos) {
      stoodStill = nanos;
      log.warn("event=stood_still ms={}", TimeUnit.NANOSECONDS.toMillis(nanos));
      if (nanos > config.ackTimeout().toNanos()) {
        session.reopenConsuming("the process stood still");
      }
    }
  }
}
