package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Version;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.Drain;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.process.RelayRole;
import io.github.httplongcut.process.RoleTicker;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.upstream.core.RequestRunner;
import io.github.httplongcut.upstream.core.RunnerSettings;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.UpstreamClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wires the upstream agent. The session delivers messages on the loop, where the runner decides
 * about them. The HTTP client makes the calls and returns their results on the loop.
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
  private final UpstreamClient http;
  private final Loop loop;
  private final Session session;
  private final RequestRunner runner;
  private final RunnerLoop runnerLoop;
  private final HealthChecks healthChecks;
  private volatile boolean drained;
  private volatile int inFlight;
  private long closedIdleAt;

  UpstreamAgent(UpstreamAgentConfig config, Parts parts) {
    this.config = config;
    this.http = parts.http();
    this.loop = parts.loop();
    this.session = parts.session();
    Targets targets = parts.targets();
    runner =
        new RequestRunner(
            new RunnerSettings(config.ackTimeout(), config.heartbeatInterval(), Version.current()),
            targets,
            UUID::randomUUID,
            () -> ThreadLocalRandom.current().nextDouble(),
            new RunnerJournalLog(new RunnerMetrics(parts.registry(), targets)));
    runnerLoop = new RunnerLoop(runner, session, http, loop::executeHere, loop::now);
    healthChecks = new HealthChecks(config.targets(), targets, runnerLoop, http, loop);
  }

  /** Starts everything. The session is last: it delivers messages, which need all other parts. */
  @Override
  public void start() {
    http.start();
    loop.start(new FairTime(config.ackTimeout(), session, new Ticks(), System.nanoTime()));
    session.start(runnerLoop);
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
    loop.execute(runnerLoop::beginDrain);
    if (!drain.awaitIdle(() -> drained, () -> inFlight)) {
      loop.execute(runnerLoop::cutOff);
    }
    if (!loop.executeAndWait(runnerLoop::markGone, GONE_TIMEOUT)) {
      log.warn("event=loop_busy");
    }
  }

  @Override
  public void close() {
    http.close();
  }

  /** Runs periodic work. No timeout of the agent is on a broker, so it excludes no time. */
  private final class Ticks implements RoleTicker {

    @Override
    public void onTick(long now, long excludedNanos) {
      runnerLoop.onTick(now);
      guard.run("health_checks", () -> healthChecks.onTick(now));
      if (now - closedIdleAt >= CLOSE_IDLE_EVERY.toNanos()) {
        closedIdleAt = now;
        guard.run("idle_connections", http::closeIdle);
      }
      inFlight = runner.inFlight();
      drained = runner.isDrained();
    }

    @Override
    public long nanosToNextTick(long now) {
      // Closing idle connections and forgetting old cancels is not urgent.
      return runner.isIdle()
          ? Math.min(runner.nanosToHeartbeat(now), healthChecks.nanosToNext(now))
          : Loop.TICK.toNanos();
    }
  }
}
