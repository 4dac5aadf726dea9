package io.github.httplongcut.broker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.broker.core.HangingLoop;
import io.github.httplongcut.broker.core.KnownBrokers;
import io.github.httplongcut.broker.core.RelayHistory;
import io.github.httplongcut.broker.core.RelayMerge;
import io.github.httplongcut.broker.core.RelayState;
import io.github.httplongcut.broker.core.ReportMaker;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The reports of all brokers, and the history of the relay. {@link RelayTicker} adds this broker's
 * report every second, the link to the other brokers adds theirs, and the admin pages read.
 * Thread-safe; the lock is held for milliseconds at most.
 */
final class RelayBoard {

  private final Set<String> brokerUsers;
  private final TargetReasons reasons;
  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final KnownBrokers brokers = new KnownBrokers();

  @GuardedBy("lock")
  private final RelayHistory history = new RelayHistory();

  @GuardedBy("lock")
  private StatusSnapshot own;

  /**
   * @param brokerUsers RabbitMQ users of all brokers
   * @param clock {@code nanoTime}
   */
  RelayBoard(Set<String> brokerUsers, TargetReasons reasons, LongSupplier clock) {
    this.brokerUsers = Set.copyOf(brokerUsers);
    this.reasons = reasons;
    this.clock = clock;
  }

  /** Takes the status of a broker; returns false if it is not from the broker that it names. */
  boolean onPeerEvent(Event event, String user) {
    if (!(event instanceof BrokerStatus status)
        || !status.brokerId().user().equals(user)
        || !brokerUsers.contains(user)) {
      return false;
    }
    lock.lock();
    try {
      brokers.onStatus(status, clock.getAsLong());
    } finally {
      lock.unlock();
    }
    return true;
  }

  /**
   * Takes a snapshot of this broker, and adds a point to the history if one is due.
   *
   * @return the status to publish
   */
  BrokerStatus onSnapshot(
      StatusSnapshot snapshot, ProcessId id, String version, BrokerHealth health) {
    BrokerReport whole = ReportMaker.of(snapshot, health, reasons::of);
    show(snapshot, new BrokerStatus(id, version, whole), clock.getAsLong());
    return new BrokerStatus(id, version, ReportMaker.cut(whole));
  }

  /**
   * Notes that the loop hangs, so that this broker's numbers are unknown. The history goes on with
   * the numbers of the other brokers.
   *
   * @param last the last snapshot of this broker
   */
  void onHang(StatusSnapshot last, ProcessId id, String version, BrokerHealth health) {
    long now = clock.getAsLong();
    BrokerReport report = HangingLoop.report(last, health, now);
    show(HangingLoop.snapshot(last, now), new BrokerStatus(id, version, report), now);
  }

  private void show(StatusSnapshot snapshot, BrokerStatus status, long now) {
    lock.lock();
    try {
      own = snapshot;
      brokers.onOwn(status, now);
      if (history.isDue(now)) {
        history.add(RelayMerge.of(brokers.all(now), own, now), now);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the state of the relay; empty before the first snapshot. */
  Optional<RelayState> state() {
    lock.lock();
    try {
      long now = clock.getAsLong();
      return own == null
          ? Optional.empty()
          : Optional.of(RelayMerge.of(brokers.all(now), own, now));
    } finally {
      lock.unlock();
    }
  }

  /** Returns the history of all targets together. */
  RelayHistory.Points history() {
    lock.lock();
    try {
      return history.all();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the history of a target, without points if it has none yet; empty for an unknown one.
   */
  Optional<RelayHistory.Points> history(String target) {
    lock.lock();
    try {
      Optional<RelayHistory.Points> points = history.of(target);
      return points.isPresent() || !isKnown(target) ? points : Optional.of(history.none());
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a target is on the page. The lock is reentrant. */
  private boolean isKnown(String target) {
    return state().stream()
        .flatMap(state -> state.targets().stream())
        .anyMatch(each -> each.name().equals(target));
  }
}
