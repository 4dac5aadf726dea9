package io.github.httplongcut.client;

import io.github.httplongcut.client.accesslog.AccessLog;
import io.github.httplongcut.client.core.PendingRequests;
import io.github.httplongcut.client.core.Submission;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.process.Drain;
import io.github.httplongcut.process.FairTime;
import io.github.httplongcut.process.RelayRole;
import io.github.httplongcut.process.RoleTicker;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Session;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the parts of the client agent, starts and stops them. */
final class ClientAgent implements RelayRole {

  private static final Logger log = LoggerFactory.getLogger(ClientAgent.class);

  /** Maximum time for each of the last steps of a drain: final answers, the loop. */
  private static final Duration FINAL_STEP_TIMEOUT = Duration.ofSeconds(1);

  /** Time without a new request after which a drain assumes that callers have gone elsewhere. */
  private static final Duration QUIET_PERIOD = Duration.ofSeconds(1);

  private final ClientAgentConfig config;
  private final Loop loop;
  private final Session session;
  private final Admission admission;
  private final ClientLoop clientLoop;
  private final RelayHandler handler;
  private final HttpListener listener;
  private final AccessLog accessLog;

  /**
   * Creates a client agent that is not started.
   *
   * @param loop not started
   * @param session not started, with {@code loop} as its loop
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
    BoundedLabels targetLabels = new BoundedLabels();
    AdmissionMetrics.register(registry, targetLabels, admission);
    accessLog = new AccessLog(config.accessLog(), registry);
    RequestReporter reporter =
        new RequestReporter(
            new RequestMetrics(registry, targetLabels), accessLog, config.callers());
    clientLoop =
        new ClientLoop(
            new PendingRequests(
                clientId,
                config.ackTimeout(),
                UUID::randomUUID,
                new PendingLog(new PublicationMetrics(registry))),
            session,
            new ClientEnvelopeCheck(clientId),
            new ClientMessages(config.ackTimeout()),
            loop::now);
    String pseudonym = "longcut." + clientId.instance();
    AnswerFields answerFields = new AnswerFields(pseudonym, new HttpDate(InstantSource.system()));
    handler =
        new RelayHandler(
            config,
            pseudonym,
            admission,
            new RelayedRequest.Context(new LoopSubmitter(), reporter, answerFields, () -> false));
    listener = new HttpListener(config, handler, exceeded, answerFields, reporter);
  }

  @Override
  public void start() {
    accessLog.start(); // first: it may fail, and nothing has to be undone then
    loop.start(new FairTime(config.ackTimeout(), session, new AgentTicker(), System.nanoTime()));
    session.publishOnlyWhileConsuming();
    session.start(clientLoop);
    listener.start(); // last: a request must find everything running
  }

  /** Returns the port to which callers connect. */
  int port() {
    return listener.port();
  }

  /** Returns the admission. For tests. */
  Admission admission() {
    return admission;
  }

  /** Returns the number of callers' connections. For tests. */
  int openConnections() {
    return listener.openConnections();
  }

  /** Returns whether nothing is in flight. For tests that look for leaks. */
  boolean isIdle() {
    return admission.isIdle();
  }

  /**
   * Drains the client agent and closes its listener:
   *
   * <ol>
   *   <li>New connections and requests are accepted until none has come for {@link #QUIET_PERIOD},
   *       so that callers have time to switch to another client agent. This takes at most half of
   *       the drain timeout.
   *   <li>Then no new connection is accepted, and requests in flight are answered in the time left.
   *   <li>Requests that still wait at the drain timeout fail.
   * </ol>
   */
  @Override
  public void drain() throws InterruptedException {
    long began = System.nanoTime();
    Drain drain = Drain.begin(config.drainTimeout());
    handler.drain();
    drain.await(config.drainTimeout().dividedBy(2), () -> isQuiet(began));
    listener.stopAccepting();
    if (!drain.awaitIdle(() -> admission.requests() == 0, admission::requests)) {
      onLoop(clientLoop::abandonAll);
      drain.await(FINAL_STEP_TIMEOUT, () -> admission.requests() == 0);
    }
    listener.close(); // before the session: the end of a connection may cancel a request
    onLoop(() -> {});
  }

  @Override
  public void close() {
    accessLog.close();
  }

  private boolean isQuiet(long began) {
    long now = System.nanoTime();
    return Math.min(now - began, now - handler.lastReceivedAt()) >= QUIET_PERIOD.toNanos();
  }

  /** Runs the task on the loop and waits for its end, at most {@link #FINAL_STEP_TIMEOUT}. */
  private void onLoop(Runnable task) throws InterruptedException {
    if (!loop.executeAndWait(task, FINAL_STEP_TIMEOUT)) {
      log.warn("event=loop_busy");
    }
  }

  /** Passes requests and hang-ups to the loop. */
  private final class LoopSubmitter implements RequestSubmitter {
    @Override
    public void submit(Submission submission) {
      loop.executeHere(() -> clientLoop.submit(submission));
    }

    @Override
    public void onHungUp(UUID firstId) {
      loop.execute(() -> clientLoop.onHungUp(firstId));
    }
  }

  /**
   * Passes ticks to the parts. Excluded time counts neither for the checks of pending requests nor
   * for the ack delays.
   */
  private final class AgentTicker implements RoleTicker {

    private final Guard guard = new Guard();

    @Override
    public void onTick(long now, long excludedNanos) {
      clientLoop.excuse(excludedNanos);
      if (excludedNanos > 0) {
        admission.discardDelays();
      }
      guard.run("admission", () -> admission.onTick(now));
      guard.run("pending", () -> clientLoop.onTick(now));
    }

    @Override
    public long nanosToNextTick(long now) {
      boolean idle = clientLoop.isIdle() && !admission.isGrowing();
      return (idle ? Loop.IDLE_TICK : Loop.TICK).toNanos();
    }
  }
}
