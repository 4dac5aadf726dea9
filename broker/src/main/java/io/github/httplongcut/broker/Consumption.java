package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.Intake.Action;
import io.github.httplongcut.broker.core.Intake.Load;
import io.github.httplongcut.broker.core.Intake.State;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Session;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the actions of {@link Intake}: publishes hellos, consumes queues, and updates the
 * log, the metrics and the readiness. All methods but {@link #state} belong to the loop's thread.
 */
final class Consumption {

  private static final Logger log = LoggerFactory.getLogger(Consumption.class);

  /** Minimum time between log lines. A full broker may pause and resume at each tick. */
  private static final long LOG_INTERVAL = Duration.ofSeconds(1).toNanos();

  private final Intake intake;
  private final Session session;
  private final BrokerMessages messages;
  private final BrokerMetrics metrics;
  private int prefetch;
  private int loggedPrefetch;
  private int changes;
  private boolean hasLogged;
  private long loggedAt;
  private volatile State state = State.CLOSED;

  Consumption(Intake intake, Session session, BrokerMessages messages, BrokerMetrics metrics) {
    this.intake = intake;
    this.session = session;
    this.messages = messages;
    this.metrics = metrics;
  }

  /** Returns the state of the consumption. Thread-safe. */
  State state() {
    return state;
  }

  /** Returns whether ticks may be rare: nothing is to be decided or logged soon. */
  boolean isQuiet() {
    return intake.isQuiet() && prefetch == loggedPrefetch;
  }

  void onConsuming(Load load, long now) {
    perform(intake.onConsuming(now), load, now);
  }

  void onConsumingLost() {
    intake.onConsumingLost();
    onStopped();
  }

  void onHeartbeat(Load load, long now) {
    perform(intake.onHeartbeat(load, now), load, now);
  }

  void onMessage(int requests, Load load, long now) {
    perform(intake.onMessage(requests, load, now), load, now);
  }

  void onTick(Load load, long now) {
    perform(intake.onTick(load, now), load, now);
  }

  void beginDrain() {
    intake.beginDrain();
    onStopped();
  }

  /** Notes that no requests are consumed any more. The reason is logged elsewhere. */
  private void onStopped() {
    prefetch = 0;
    loggedPrefetch = 0;
    changes = 0;
    state = intake.state();
    metrics.consuming(false);
  }

  private void perform(List<Action> actions, Load load, long now) {
    for (Action action : actions) {
      if (action instanceof Action.PublishHello) {
        session.publish(messages.hello(now));
      } else if (action instanceof Action.ConsumeOrphans) {
        session.consume(Topology.ORPHAN, Plan.ORPHAN_PREFETCH);
      } else if (action instanceof Action.ConsumeRequests consume) {
        session.consume(Topology.CLIENT_REQUEST_QUEUE, consume.prefetch());
        prefetch = consume.prefetch();
        changes++;
        metrics.consuming(prefetch > 0);
      }
    }
    state = intake.state();
    report(load, now);
  }

  /** Logs the latest change, at most one line per second. */
  private void report(Load load, long now) {
    if (prefetch == loggedPrefetch || (hasLogged && now - loggedAt < LOG_INTERVAL)) {
      return;
    }
    if (prefetch > 0) {
      log.info(
          "event=taking_requests prefetch={} held={} suppressed={}",
          prefetch,
          load.held(),
          changes - 1);
    } else {
      log.info(
          "event=not_taking_requests why=full held={} suppressed={}", load.held(), changes - 1);
    }
    loggedPrefetch = prefetch;
    loggedAt = now;
    hasLogged = true;
    changes = 0;
  }
}
