package io.github.httplongcut.broker;

import io.github.httplongcut.admin.AdminPages;
import io.github.httplongcut.admin.ProcessInfo;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.broker.inspect.PathMask;
import io.github.httplongcut.broker.inspect.ReplayPage;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.process.Drain;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.process.RelayRole;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.PeerLink;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** Wiring of the broker: creates its parts, starts them and stops them. */
final class Broker implements RelayRole {

  private final Duration ackTimeout;
  private final Duration drainTimeout;
  private final Loop loop;
  private final Session session;
  private final BrokerLoop brokerLoop;
  private final WallTime time = WallTime.ofSystem();
  private final RequestMemory memory;
  private final StatusBoard status;
  private final BrokerConfig.Limits limits;
  private final Router router;
  private final BrokerMessages messages;
  private final RelayBoard relay;
  private final PeerLink peers;
  private final RelayTicker ticker;
  private final InspectConfig inspect;
  private final Captures captures;
  private final Duration replayTime;

  /**
   * Creates a broker that is not started.
   *
   * @param loop a loop that is not started
   * @param session a session on that loop that is not started
   */
  Broker(
      BrokerConfig config, ProcessId brokerId, Loop loop, Session session, MeterRegistry registry) {
    this.drainTimeout = config.drainTimeout();
    this.limits = config.limits();
    this.loop = loop;
    this.session = session;
    this.ackTimeout = config.ackTimeout();
    this.inspect = config.inspect();
    this.captures = new Captures(inspect);
    this.memory = new RequestMemory(time, new PathMask(inspect));
    this.replayTime = replayTime(config.timeouts());
    BoundedLabels targets = new BoundedLabels();
    RequestTimers timers = new RequestTimers(registry, targets);
    EndedRequests ended =
        new EndedRequests(
            record -> {
              memory.add(record);
              timers.record(record);
            });
    status = new StatusBoard(new TargetGauges(registry, targets)::update);
    router =
        new Router(
            brokerId,
            limits(config),
            UUID::randomUUID,
            new SplittableRandom(),
            new JournalLog(loop::now, new ShareMetrics(registry), ended));
    messages = new BrokerMessages(brokerId, ackTimeout, Version.current());
    brokerLoop =
        new BrokerLoop(
            router,
            new BrokerLoop.Ports(
                session,
                new EnvelopeCheck(config.users()),
                messages,
                new Intake(intakeLimits(config.limits())),
                new BrokerMetrics(registry, router.view().stats()),
                status,
                captures,
                ended,
                loop::now));
    relay = new RelayBoard(config.users(), new TargetReasons(time), System::nanoTime);
    peers = session.linkPeers(EventType.BROKER_STATUS, relay::onPeerEvent);
    ticker = new RelayTicker(relay, status::last, messages::brokerId, this::health, peers::publish);
    inspect.warnIfOn();
  }

  @Override
  public void start() {
    loop.start(new FairTime(ackTimeout, session, brokerLoop, System.nanoTime()));
    session.start(brokerLoop); // its deliveries need the running loop
    ticker.start();
  }

  @Override
  public void close() {
    ticker.close();
  }

  /**
   * Drains. The broker stops taking requests before it stops answering:
   *
   * <ul>
   *   <li>Waiting requests are answered at once, so that the client agents publish them to another
   *       broker.
   *   <li>Requests that are with an agent may finish, for at most the drain timeout. Heartbeats are
   *       consumed until then, so that the broker notices an agent that dies.
   *   <li>Requests that are left after the drain timeout are redelivered to another broker if they
   *       are repeatable.
   * </ul>
   */
  @Override
  public void drain() throws InterruptedException {
    Drain drain = Drain.begin(drainTimeout);
    // The drain starts only after the cancellation of the consumers. Otherwise this broker could
    // get the requests that client agents publish again because of the drain.
    session.stopConsuming(
        Set.of(Topology.CLIENT_REQUEST_QUEUE, Topology.ORPHAN), brokerLoop::beginDrain);
    drain.awaitIdle(brokerLoop::isDrained, brokerLoop::inFlight);
    ticker.tickSoon(); // a short drain falls between two statuses: the others must know of it
  }

  /** Adds the broker's pages to the admin pages. */
  void addPages(AdminPages pages, ProcessInfo process) {
    PageFiles.addTo(pages);
    new RequestPages(memory, router.view(), loop, process::id, captures).addTo(pages);
    addReplays(pages, process);
    StatusPage.Live live =
        new StatusPage.Live(session::state, brokerLoop::consumption, this::readiness, limits);
    StatusPage page = new StatusPage(status, process, time, live);
    pages.add("/api/status", query -> page.page());
    RelayPages.Live relayLive =
        new RelayPages.Live(process::id, peers::trouble, inspect, System::nanoTime);
    RelayPages relayPages = new RelayPages(relay, time, relayLive);
    relayPages.addTo(pages);
    pages.addStream("/api/stream", query -> RelayStream.open(relayPages, memory, captures));
  }

  /** Returns the state of this broker for the pages of all brokers. Thread-safe. */
  private BrokerHealth health() {
    SessionState connections = session.state();
    Intake.State intake = brokerLoop.consumption();
    boolean connected = connections.isHealthy();
    String state =
        switch (intake) {
          case DRAINING -> "draining";
          case CLOSED -> "down";
          case STARTING -> connected ? "starting" : "down";
          case FULL -> connected ? "full" : "down";
          case GROWING, OPEN -> connected ? "ok" : "down";
        };
    String reason = connected ? readiness().detail() : connections.describe();
    return new BrokerHealth(
        state,
        state.equals("ok") ? "" : reason,
        StatusPage.wordOf(connections),
        intake.name().toLowerCase(Locale.ROOT),
        ManagementFactory.getRuntimeMXBean().getUptime());
  }

  private void addReplays(AdminPages pages, ProcessInfo process) {
    ReplayPage page =
        new ReplayPage(
            captures,
            loop,
            new ReplayPage.Sender(
                id -> memory.find(id).map(request -> request.record().subject().clientReqId()),
                process::id,
                brokerLoop::replay,
                replayTime));
    pages.addActionBelow(
        "/api/requests", query -> page.replay(query.subPath(), query.body(), query.user()));
  }

  /** Returns the time to live of a replay: long enough for the broker's own timeouts to end it. */
  private static Duration replayTime(BrokerConfig.Timeouts timeouts) {
    return timeouts
        .waitTimeout()
        .plus(timeouts.ackTimeout().multipliedBy(2))
        .plus(timeouts.replyTimeout());
  }

  /**
   * Returns the readiness of the consumption. A full broker is ready: it serves the requests that
   * it holds, and a restart would not help. Thread-safe.
   */
  Readiness.State readiness() {
    return switch (brokerLoop.consumption()) {
      case CLOSED ->
          new Readiness.State(false, "not consumed: no channel to RabbitMQ, see rabbitmq");
      case STARTING -> new Readiness.State(false, "not consumed yet: waiting for heartbeats");
      case GROWING, OPEN -> new Readiness.State(true, "consumed");
      case FULL -> new Readiness.State(true, "not consumed: max-in-flight is reached");
      case DRAINING -> new Readiness.State(false, "not consumed: the process is stopping");
    };
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
