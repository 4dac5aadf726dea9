package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Version;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.Drain;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.process.RelayRole;
import io.github.httplongcut.process.RoleTicker;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wires the upstream agent. The session delivers messages on the loop, where the runner takes them.
 * The HTTP client makes the calls and returns their results on the loop.
 */
final class UpstreamAgent implements RelayRole {

  /**
   * The agent's parts. The agent starts {@code http}, {@code loop} and {@code session}, and closes
   * {@code http}.
   *
   * @param session calls its listener on {@code loop}
   */
  record Parts(
      Targets targets, UpstreamClient http, Loop loop, Session session, MeterRegistry registry) {}

  private static final Logger log = LoggerFactory.getLogger(UpstreamAgent.class);

  /** Limit for the publication of the {@code gone} heartbeats. */
  private static final Duration GONE_TIMEOUT = Duration.ofSeconds(1);

  private static final Duration CLOSE_IDLE_EVERY = Duration.ofSeconds(1);

  private final Guard guard = new Guard(); // belongs to the loop
  private final UpstreamAgentConfig config;
  private final Targets targets;
  private final UpstreamClient http;
  private final Loop loop;
  private final Session session;
  private final TargetStates states = new TargetStates();
  private final RequestRunner runner;
  private final Heartbeats heartbeats;
  private final HealthChecks healthChecks;
  private volatile boolean drained;
  private volatile int inFlight;
  private ProcessId upstreamId;
  private long closedIdleAt;

  UpstreamAgent(UpstreamAgentConfig config, ProcessId id, Parts parts) {
    this.config = config;
    this.upstreamId = id;
    this.targets = parts.targets();
    this.http = parts.http();
    this.loop = parts.loop();
    this.session = parts.session();
    RunnerMetrics metrics = new RunnerMetrics(parts.registry(), targets);
    runner =
        new RequestRunner(
            id,
            config.ackTimeout(),
            states,
            new RequestRunner.Ports(http, session::publish, loop::executeHere, loop::now),
            metrics);
    heartbeats =
        new Heartbeats(
            new Heartbeats.Sender(id, config.heartbeatInterval(), Version.current()),
            targets,
            states,
            session::publish,
            () -> ThreadLocalRandom.current().nextDouble());
    healthChecks = new HealthChecks(targets, states, http, loop);
    states.onChange(target -> heartbeats.onChange(target, loop.now()));
    states.onRejected(heartbeats::onRejected);
  }

  /** Starts everything. The session is last: it delivers messages, which need all other parts. */
  @Override
  public void start() {
    http.start();
    loop.start(new FairTime(config.ackTimeout(), session, new Ticks(), System.nanoTime()));
    session.start(new Messages());
  }

  /**
   * Drains the agent.
   *
   * <ol>
   *   <li>Heartbeats say {@code draining}. The agent rejects new requests and finishes running
   *       ones.
   *   <li>After {@code drain-timeout} it aborts calls that still run.
   *   <li>The last heartbeats say {@code gone}.
   * </ol>
   *
   * <p>The agent consumes its inbox until the end: a rejected request goes to another agent at
   * once, whereas one that stays in the inbox must first expire.
   */
  @Override
  public void drain() throws InterruptedException {
    Drain drain = Drain.begin(config.drainTimeout());
    loop.execute(() -> states.drain(targets));
    if (!drain.awaitIdle(() -> drained, () -> inFlight)) {
      loop.execute(() -> runner.cutOff(loop.now()));
    }
    if (!loop.executeAndWait(() -> states.markGone(targets), GONE_TIMEOUT)) {
      log.warn("event=loop_busy");
    }
  }

  @Override
  public void close() {
    http.close();
  }

  /** Handles deliveries and changes of the RabbitMQ session. */
  private final class Messages implements SessionListener {

    @Override
    public void onDelivery(Delivery delivery) {
      switch (delivery.type()) {
        case BROKER_REQUEST -> onRequests(delivery);
        case BROKER_CANCEL -> onCancels(delivery);
        case BROKER_HELLO -> {
          heartbeats.onHello(loop.now());
          delivery.ack();
        }
        case CLIENT_REQUEST,
            CLIENT_REQUEST_ACK,
            BROKER_REQUEST_ACK,
            UPSTREAM_RESPONSE,
            UPSTREAM_ERROR,
            BROKER_RESPONSE,
            BROKER_ERROR,
            UPSTREAM_HEARTBEAT,
            CLIENT_CANCEL ->
            delivery.discard(DiscardReason.WRONG_RECEIVER);
      }
    }

    @Override
    public void onInboxReplaced(ProcessId newId) {
      log.info("event=inbox_replaced upstream_id={}", newId);
      ProcessId formerId = upstreamId;
      upstreamId = newId;
      targets.changeId(newId);
      runner.changeId(newId);
      heartbeats.changeId(newId, () -> runner.isBusyAs(formerId));
    }

    @Override
    public void onConsuming() {
      heartbeats.onConsuming(loop.now());
    }

    @Override
    public void onConsumingLost() {
      heartbeats.onConsumingLost(loop.now());
      runner.onConsumingLost();
    }

    private void onRequests(Delivery delivery) {
      Optional<Target> target = targets.ofRoutingKey(delivery.envelope().routingKey());
      if (target.isPresent()) {
        runner.onRequests(delivery, target.get(), loop.now());
      } else {
        delivery.discard(DiscardReason.WRONG_RECEIVER);
      }
    }

    private void onCancels(Delivery delivery) {
      if (targets.ofRoutingKey(delivery.envelope().routingKey()).isEmpty()) {
        delivery.discard(DiscardReason.WRONG_RECEIVER);
        return;
      }
      delivery
          .events()
          .forEach(
              event ->
                  guard.run(
                      "broker_cancel",
                      () ->
                          runner.onCancel(
                              (BrokerCancel) event, delivery.envelope().userId(), loop.now())));
      delivery.ack();
    }
  }

  /** Runs periodic work. No timeout of the agent is on a broker, so it excludes no time. */
  private final class Ticks implements RoleTicker {

    @Override
    public void onTick(long now, long excludedNanos) {
      guard.run("heartbeats", () -> heartbeats.onTick(now));
      guard.run("requests", () -> runner.onTick(now));
      guard.run("health_checks", () -> healthChecks.onTick(now));
      if (now - closedIdleAt >= CLOSE_IDLE_EVERY.toNanos()) {
        closedIdleAt = now;
        guard.run("idle_connections", http::closeIdle);
      }
      if (states.isDraining()) {
        inFlight = targets.all().stream().mapToInt(states::inFlight).sum();
        drained = runner.isIdle();
      }
    }

    @Override
    public long nanosToNextTick(long now) {
      // Closing idle connections and forgetting old cancels is not urgent.
      return runner.isIdle()
          ? Math.min(heartbeats.nanosToNext(now), healthChecks.nanosToNext(now))
          : Loop.TICK.toNanos();
    }
  }
}
