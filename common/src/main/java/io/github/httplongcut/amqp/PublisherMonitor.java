package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.session.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Guards a {@link PublisherState}. Each method is one step: it changes the state under the lock,
 * releases the lock, then delivers the outcomes, whose listeners may run on the calling thread, and
 * logs. Thread-safe. Only {@link #awaitLinkWork} and {@link #awaitDone} wait; no method does I/O.
 */
final class PublisherMonitor {

  private final Outcomes outcomes;
  private final PublishingMetrics metrics;
  private final PublishingJournal journal = new PublishingLog();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final PublisherState state;

  /** Number of threads that are delivering outcomes to the loop. */
  @GuardedBy("lock")
  private int deliveries;

  /** Number of threads in {@link #awaitDone}. */
  @GuardedBy("lock")
  private int flushers;

  PublisherMonitor(PublisherLimits limits, Outcomes outcomes, PublishingMetrics metrics) {
    this.outcomes = outcomes;
    this.metrics = metrics;
    this.state = new PublisherState(limits, System.nanoTime());
  }

  /**
   * Takes a publication.
   *
   * @param wakesLink true to wake the link's thread; false if the caller will write
   * @return whether a thread must write it, or wait until a held message is due
   */
  boolean publish(Publication publication, boolean wakesLink) {
    PublishingEffects effects = new PublishingEffects();
    boolean added;
    lock.lock();
    try {
      added = state.publish(publication, System.nanoTime(), effects);
      if (added && wakesLink) {
        effects.wake();
      }
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
    return added;
  }

  void withdraw(Publication publication) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.withdraw(publication, effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void hold(boolean held) {
    lock.lock();
    try {
      state.connection().hold(held);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.close(System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  boolean isConnected() {
    lock.lock();
    try {
      return isMainChannelOpen();
    } finally {
      lock.unlock();
    }
  }

  boolean isBlocked() {
    lock.lock();
    try {
      return state.connection().isBlocked();
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return state.waiting();
    } finally {
      lock.unlock();
    }
  }

  int unconfirmed() {
    lock.lock();
    try {
      return state.channels().unconfirmed();
    } finally {
      lock.unlock();
    }
  }

  void onOpened(ConfirmChannel main, int channelMax, long maxUnblockedBytes) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.onOpened(main.state(), channelMax, maxUnblockedBytes, System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  /** Notes the loss of the connection. On the link's thread, which alone changes the channels. */
  void onLost() {
    List<Refusal> refusals = new ArrayList<>();
    for (PublishingChannel each : channels()) {
      ConfirmChannel.of(each).refusal().ifPresent(refusals::add);
    }
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.onLost(refusals, System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  private List<PublishingChannel> channels() {
    lock.lock();
    try {
      return state.channels().all();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for work of the link's thread, and takes it. */
  LinkWork awaitLinkWork(Connection connection) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        long now = System.nanoTime();
        boolean open = connection.isOpen() && isMainChannelOpen();
        LinkWork work = state.connection().nextLinkWork(open, now);
        if (work.type() != LinkWork.Type.WAIT) {
          return work;
        }
        // By a later reading of the clock, held messages might seem due.
        long unused = changed.awaitNanos(state.connection().nanosToWait(now));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next message for a thread that must not block; null if there is none. Wakes the
   * link's thread if only that thread may write the next message.
   */
  Write nextUnblockedWrite() {
    PublishingEffects effects = new PublishingEffects();
    Write next;
    lock.lock();
    try {
      next = state.connection().nextUnblockedWrite(isMainChannelOpen(), System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
    return next;
  }

  /** Wakes the link's thread for what was published without waking it. */
  void wakeLinkIfNeeded() {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.connection().wakeLinkIfNeeded(System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onWritten(PublishingChannel channel, WriteResult result) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.connection().onWritten(channel, result, effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onFenceAnswered(PublishingChannel main) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.connection().onFenceAnswered(main, effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onChannelOpened(ConfirmChannel channel) {
    lock.lock();
    try {
      state.connection().onChannelOpened(channel.state(), System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  void onChannelNotOpened(NotOpened why) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.connection().onChannelNotOpened(why, effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onShutdown(PublishingChannel channel) {
    lock.lock();
    try {
      state.channels().onShutdown(channel);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void removeChannel(PublishingChannel channel, Optional<Refusal> closeReason, String why) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.removeChannel(channel, closeReason, why, System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onReturned(PublishingChannel from, long number) {
    lock.lock();
    try {
      state.onReturned(from, number);
    } finally {
      lock.unlock();
    }
  }

  void onConfirmed(PublishingChannel from, long number, boolean multiple) {
    PublishingEffects effects = new PublishingEffects();
    long now;
    lock.lock();
    try {
      now = System.nanoTime();
      state.onConfirmed(from, number, multiple, now, effects);
      if (flushers > 0) {
        effects.wake();
      }
      apply(effects);
    } finally {
      lock.unlock();
    }
    metrics.confirmed(effects.answered(), now);
    deliver(effects);
  }

  void onNacked(PublishingChannel from, long number, boolean multiple) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.onNacked(from, number, multiple, System.nanoTime(), effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    metrics.nacked(effects.answered());
    deliver(effects);
  }

  void onBlocked(PublishingChannel main) {
    PublishingEffects effects = new PublishingEffects();
    lock.lock();
    try {
      state.onBlocked(main, effects);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
  }

  void onUnblocked(PublishingChannel main) {
    lock.lock();
    try {
      state.connection().onUnblocked(main, System.nanoTime());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void onSuspended(long now) {
    lock.lock();
    try {
      state.connection().onSuspended(now);
    } finally {
      lock.unlock();
    }
  }

  /** Gives up overdue publications. Returns whether RabbitMQ has not answered for too long. */
  boolean checkTimeouts(long now) {
    PublishingEffects effects = new PublishingEffects();
    boolean silent;
    lock.lock();
    try {
      state.checkTimeouts(now, effects);
      silent = state.connection().isSilent(now);
      apply(effects);
    } finally {
      lock.unlock();
    }
    deliver(effects);
    return silent;
  }

  /**
   * Waits until no publication waits or is unconfirmed and the loop has every outcome.
   *
   * @return false on timeout
   */
  boolean awaitDone(Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      flushers++;
      changed.signalAll();
      try {
        return waitUntilDone(atMost.toNanos());
      } finally {
        flushers--;
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean waitUntilDone(long nanos) throws InterruptedException {
    long left = nanos;
    while (!state.isDone() || deliveries > 0) {
      if (left <= 0) {
        return false;
      }
      left = changed.awaitNanos(left);
    }
    return true;
  }

  /** Asks the AMQP client, which calls no listener while it answers. */
  @GuardedBy("lock")
  private boolean isMainChannelOpen() {
    PublishingChannel main = state.channels().main();
    return main != null && ConfirmChannel.of(main).isOpen();
  }

  /** Wakes waiting threads. {@link #deliver} must follow once the lock is released. */
  @GuardedBy("lock")
  private void apply(PublishingEffects effects) {
    deliveries += effects.completions().isEmpty() ? 0 : 1;
    if (effects.wakesThreads()) {
      changed.signalAll();
    }
  }

  /** Delivers the outcomes and logs, without the lock: listeners may run on this thread. */
  private void deliver(PublishingEffects effects) {
    if (!effects.completions().isEmpty()) {
      try {
        outcomes.deliver(effects.completions());
      } finally {
        endDelivery();
      }
    }
    effects.notes().forEach(note -> note.accept(journal));
  }

  private void endDelivery() {
    lock.lock();
    try {
      deliveries--;
      if (flushers > 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
