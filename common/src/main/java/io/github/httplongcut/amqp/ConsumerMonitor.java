package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The lock and the clock of a {@link ConsumerState}. The link's thread waits here for work, and
 * {@link #flush} for the end of the work. A method that gives the link's thread work wakes it
 * before it releases the lock, so no wake-up is lost between that thread's check and its wait.
 *
 * <p>Thread-safe. No method does I/O, and only {@link #awaitWork} and {@link #flush} wait.
 */
final class ConsumerMonitor {

  /** The open channel. Called with the lock held: must not block. */
  interface OpenChannel {

    /** Returns the number of the channel's epoch. */
    int epoch();

    /** Returns whether the channel can still be written to. */
    boolean isWritable();

    /** Returns the time until a turn for heartbeats must be scheduled; MAX_VALUE if none waits. */
    long nanosToHeartbeats(long now);
  }

  /** Longest time for which {@link #flush} does not look at the heartbeats. */
  private static final long FLUSH_POLL_NANOS = Duration.ofMillis(10).toNanos();

  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when the link's thread may have work, and when {@link #flush} may end. */
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ConsumerState state;

  /** The channel of the current epoch; null while there is none. */
  @GuardedBy("lock")
  private OpenChannel current;

  /** The epoch whose deliveries may be acked; 0 if there is none. Written with the lock held. */
  private volatile int openEpoch;

  @GuardedBy("lock")
  private Consumer<Boolean> whenConsuming = consuming -> {};

  /**
   * Creates the state without a channel.
   *
   * @param fenceTimeout longest time that RabbitMQ may take to reply to a fence
   */
  ConsumerMonitor(Duration fenceTimeout) {
    this.state = new ConsumerState(fenceTimeout, System.nanoTime());
  }

  /** Sets the callback of {@link ConsumingChannel#whenConsuming}. */
  void whenConsuming(Consumer<Boolean> whenConsuming) {
    lock.lock();
    try {
      this.whenConsuming = whenConsuming;
    } finally {
      lock.unlock();
    }
  }

  // The link's thread.

  /** Begins an epoch; returns the changes that consume the process's own queues. */
  List<Consumers.Change> open(OpenChannel channel, List<ConsumedQueue> ownQueues) {
    lock.lock();
    try {
      current = channel;
      List<Consumers.Change> changes = state.open(channel.epoch(), ownQueues, System.nanoTime());
      openEpoch = channel.epoch();
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /** Notes that the process's own queues are consumed. */
  void onConsumed() {
    lock.lock();
    try {
      state.onConsumed();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for work; returns none if the channel is lost or must be reopened. */
  Optional<Work> awaitWork() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      state.onWorkDone();
      changed.signalAll(); // flush() may end
      while (state.isOpen(current.epoch()) && current.isWritable()) {
        long now = System.nanoTime();
        long nanos = Math.min(state.nanosToWork(now), current.nanosToHeartbeats(now));
        if (nanos <= 0) {
          return Optional.of(state.takeWork());
        }
        long unused = changed.awaitNanos(nanos);
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Returns a fence to be sent after the work that was taken; empty if none is due. */
  Optional<SentFence> takeFence() {
    lock.lock();
    try {
      return state.takeFence(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  /** Notes that the channel is gone. */
  Loss onLost() {
    lock.lock();
    try {
      Loss loss = state.onLost();
      current = null;
      openEpoch = 0;
      changed.signalAll(); // flush() may end
      whenConsuming.accept(false); // with the lock held: see reportConsuming
      return loss;
    } finally {
      lock.unlock();
    }
  }

  // Tasks of the loop.

  /** Notes that the listener is being told that this epoch consumes. */
  void onConsumingTold(int epoch) {
    lock.lock();
    try {
      state.onConsumingTold(epoch);
    } finally {
      lock.unlock();
    }
  }

  /** Calls the callback of {@link #whenConsuming}, unless the epoch is over. */
  void reportConsuming(int epoch) {
    lock.lock();
    try {
      // With the lock held. Otherwise the link's thread could lose the channel now, and its `false`
      // could come before this `true`: the publisher would publish while nothing is consumed.
      if (state.isOpen(epoch)) {
        whenConsuming.accept(true);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Notes that the listener is being told of this epoch's loss. */
  void onLossTold(int epoch) {
    lock.lock();
    try {
      state.onLossTold(epoch);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the deliveries that the listener must be told are settled. */
  List<Delivery> settledBy(SentFence fence) {
    lock.lock();
    try {
      return state.settledBy(fence);
    } finally {
      lock.unlock();
    }
  }

  // The reader thread.

  /** Notes the arrival of a message; returns whether the listener may be given it. */
  boolean onArrival(int epoch) {
    lock.lock();
    try {
      return state.onArrival(epoch);
    } finally {
      lock.unlock();
    }
  }

  /** Notes RabbitMQ's reply to a fence; returns whether the caller must call {@link #wake}. */
  boolean onFenceAnswered(SentFence fence) {
    lock.lock();
    try {
      return state.onFenceAnswered(fence);
    } finally {
      lock.unlock();
    }
  }

  // The calls of the session and its deliveries, and the watchdog. From any thread.

  /** Wakes the link's thread: it may have work, or its channel may be closed. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isConsuming() {
    lock.lock();
    try {
      return state.isConsuming();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether deliveries of this epoch may still be acked, rejected and settled. */
  boolean isOpen(int epoch) {
    return openEpoch == epoch;
  }

  /** Adds an ack. */
  void ack(int epoch, long tag) {
    lock.lock();
    try {
      if (state.ack(epoch, tag, System.nanoTime())) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds a rejection. */
  void reject(int epoch, long tag) {
    lock.lock();
    try {
      state.reject(epoch, tag);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Adds a delivery that is to be settled. */
  void settle(int epoch, Delivery delivery) {
    lock.lock();
    try {
      state.settle(epoch, delivery, System.nanoTime());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the link's thread leave the channel, if there is one. */
  void reopen() {
    lock.lock();
    try {
      state.reopen();
      openEpoch = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the link's thread leave this epoch's channel; returns false if it has left already. */
  boolean reopen(int epoch) {
    lock.lock();
    try {
      boolean open = state.isOpen(epoch);
      if (open) {
        state.reopen();
        openEpoch = 0;
        changed.signalAll();
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** Sets the prefetch of a shared queue; on the loop only. */
  void consume(String queue, int prefetch) {
    lock.lock();
    try {
      state.consume(queue, prefetch);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Stops queues for good; returns callbacks to call at once. */
  List<Runnable> stop(Set<String> queues, Runnable then) {
    lock.lock();
    try {
      changed.signalAll();
      return state.stop(queues, then);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until every ack and rejection is written or lost with its channel; false on timeout. */
  boolean flush(long atMostNanos) throws InterruptedException {
    long deadline = System.nanoTime() + atMostNanos;
    lock.lockInterruptibly();
    try {
      state.beginFlush();
      changed.signalAll();
      while (!isFlushed(System.nanoTime())) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        // Polls, because the end of a turn for heartbeats wakes no thread.
        long unused = changed.awaitNanos(Math.min(left, FLUSH_POLL_NANOS));
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isFlushed(long now) {
    return state.isFlushed(now)
        && (current == null || current.nanosToHeartbeats(now) == Long.MAX_VALUE);
  }

  /** Notes that this process was suspended until now. */
  void onSuspended(long now) {
    lock.lock();
    try {
      state.onSuspended(now);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Requests a fence if one is due; returns whether RabbitMQ has been silent for too long.
   *
   * @param idleNanos time since a message was last read ({@link ContentReading#idleNanos})
   */
  boolean watch(long now, long idleNanos) {
    lock.lock();
    try {
      if (state.requestFenceIfQuiet(now)) {
        changed.signalAll();
      }
      return state.isSilent(now, idleNanos);
    } finally {
      lock.unlock();
    }
  }
}
