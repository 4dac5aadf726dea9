package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * State of a {@link ConsumingChannel}, and its decisions: the next writes, the consumers, the
 * fences, and the calls of the listener. Does no I/O and starts no thread; time is an argument.
 *
 * <pre>
 *             open             onConsumed
 *   CLOSED ──────────▶ OPENING ──────────▶ CONSUMING
 *     ▲                   │ reopen             │ reopen
 *     │                   ▼                    │
 *     └─── onLost ─── REOPENING ◀──────────────┘
 *
 *   onLost also leads from OPENING and CONSUMING to CLOSED.
 * </pre>
 *
 * <p>An <em>epoch</em> is one opened channel with all its deliveries. Its number is higher than
 * that of the epoch before. An ack, a rejection or a settling is ignored unless the epoch of its
 * delivery is open: RabbitMQ gives the messages of a lost channel back.
 *
 * <p>Only the link's thread opens and leaves channels, so its calls concern the current epoch.
 * Other threads name the epoch. Tasks of the loop tell the listener of an epoch's start and loss,
 * later than they happen: {@link #onConsumingTold} and {@link #onLossTold} note what the listener
 * knows.
 *
 * <p>Guarded by the caller's lock. Times are {@code nanoTime}.
 */
final class ConsumerState {

  /** Phase of the consuming channel. */
  enum Phase {
    /** There is no channel, or the process's own queues are still being declared on it. */
    CLOSED,
    /** The process's own queues are declared, and their consumers are being started. */
    OPENING,
    /** The process's own queues are consumed. */
    CONSUMING,
    /** The link's thread must leave the channel, and takes no further work. */
    REOPENING
  }

  /**
   * Work of the link's thread, in its order: changes of consumers come before the acks, which make
   * room for more messages.
   *
   * @param stopped callbacks to call once the changes are made, or have failed with their channel
   */
  record Work(List<Consumers.Change> changes, List<Runnable> stopped, PendingAcks.Writes writes) {}

  /** A fence, with the deliveries that RabbitMQ's reply to it settles. */
  record SentFence(int epoch, List<Delivery> deliveries) {}

  /**
   * The end of an epoch.
   *
   * @param stopped callbacks to call now
   * @param mustBeTold true if the listener must be told: it is told that the epoch consumes, or is
   *     given deliveries of it
   */
  record Loss(List<Runnable> stopped, boolean mustBeTold) {}

  private final Duration fenceTimeout;
  private Phase phase = Phase.CLOSED;
  private int epoch;

  /** Queues that are never consumed again. */
  private final Set<String> stopped = new HashSet<>();

  /** Callbacks of {@link #stop} whose changes the link's thread has not taken yet. */
  private final List<Runnable> whenStopped = new ArrayList<>();

  /** The last epoch whose {@code onConsuming} the listener was told. */
  private int toldConsuming;

  /** The last epoch whose loss the listener was told. */
  private int toldLost;

  /** End of the last suspension of this process: RabbitMQ's silence before does not count. */
  private long excusedUntil;

  /** True while the link's thread carries out its {@link Work}. */
  private boolean writing;

  /** True once {@link #beginFlush} was called: acks no longer wait for their neighbours. */
  private boolean flushing;

  // Of the current epoch.
  private PendingAcks acks = new PendingAcks();
  private Consumers consumers = new Consumers();
  private FenceTimes fences;

  /** True if the listener must be told of the epoch's loss. */
  private boolean lossMustBeTold;

  /**
   * Creates the state without a channel.
   *
   * @param fenceTimeout longest time that RabbitMQ may take to reply to a fence
   */
  ConsumerState(Duration fenceTimeout, long now) {
    this.fenceTimeout = fenceTimeout;
    this.excusedUntil = now;
    this.fences = new FenceTimes(now);
  }

  // The life of a channel.

  /**
   * Begins an epoch, on a channel that has declared and bound the process's own queues.
   *
   * @param number the epoch's number, higher than the last one
   * @return changes that consume the process's own queues
   */
  List<Consumers.Change> open(int number, List<ConsumedQueue> ownQueues, long now) {
    phase = Phase.OPENING;
    epoch = number;
    acks = new PendingAcks();
    consumers = new Consumers();
    fences = new FenceTimes(now);
    lossMustBeTold = false;
    for (ConsumedQueue queue : ownQueues) {
      if (!stopped.contains(queue.name())) {
        consumers.want(queue.name(), queue.prefetch());
      }
    }
    return consumers.takeChanges();
  }

  /** Notes that the process's own queues are consumed. The listener must be told. */
  void onConsumed() {
    lossMustBeTold = true;
    if (phase == Phase.OPENING) {
      phase = Phase.CONSUMING;
    }
  }

  /** Ends the epoch, so that RabbitMQ gives its unacked messages back. */
  void reopen() {
    if (phase != Phase.CLOSED) {
      phase = Phase.REOPENING;
    }
  }

  /** Notes that the channel is gone. */
  Loss onLost() {
    Loss loss = new Loss(takeStopped(), lossMustBeTold);
    phase = Phase.CLOSED;
    writing = false;
    lossMustBeTold = false;
    acks = new PendingAcks(); // frees the lost deliveries
    return loss;
  }

  boolean isConsuming() {
    return phase == Phase.CONSUMING;
  }

  /** Returns whether deliveries of this epoch may still be acked, rejected and settled. */
  boolean isOpen(int ofEpoch) {
    return ofEpoch == epoch && (phase == Phase.OPENING || phase == Phase.CONSUMING);
  }

  // Calls of the listener.

  /** Notes that the listener is being told that this epoch consumes. */
  void onConsumingTold(int ofEpoch) {
    toldConsuming = ofEpoch;
  }

  /** Notes that the listener is being told of this epoch's loss. */
  void onLossTold(int ofEpoch) {
    toldLost = ofEpoch;
  }

  /**
   * Returns the deliveries that the listener must be told are settled, after RabbitMQ's reply to
   * this fence: none if the listener knows that they are lost.
   */
  List<Delivery> settledBy(SentFence fence) {
    return fence.epoch() > toldLost ? fence.deliveries() : List.of();
  }

  // Deliveries.

  /** Notes the arrival of a message; returns whether the listener may be given it. */
  boolean onArrival(int ofEpoch) {
    if (!isOpen(ofEpoch)) {
      return false;
    }
    lossMustBeTold = true;
    return true;
  }

  /** Takes an ack; returns whether the link's thread must be woken. */
  boolean ack(int ofEpoch, long tag, long now) {
    return isOpen(ofEpoch) && acks.ack(tag, now);
  }

  /** Takes a rejection, for which the link's thread must be woken. */
  void reject(int ofEpoch, long tag) {
    if (isOpen(ofEpoch)) {
      acks.reject(tag);
    }
  }

  /** Takes a delivery to be settled, for which the link's thread must be woken. */
  void settle(int ofEpoch, Delivery delivery, long now) {
    if (isOpen(ofEpoch)) {
      acks.settle(delivery, now);
    }
  }

  // Consumers.

  /**
   * Sets the prefetch of a shared queue on the channel that the listener knows of; on no later one.
   * The link's thread must be woken.
   */
  void consume(String queue, int prefetch) {
    if (isOpen(toldConsuming) && !stopped.contains(queue)) {
      consumers.want(queue, prefetch);
    }
  }

  /**
   * Stops queues for good. The link's thread must be woken.
   *
   * @return callbacks to call at once, because nothing is consumed
   */
  List<Runnable> stop(Set<String> queues, Runnable then) {
    stopped.addAll(queues);
    whenStopped.add(then);
    if (phase == Phase.CLOSED) {
      return takeStopped();
    }
    queues.forEach(queue -> consumers.want(queue, 0));
    return List.of();
  }

  private List<Runnable> takeStopped() {
    List<Runnable> taken = List.copyOf(whenStopped);
    whenStopped.clear();
    return taken;
  }

  // Work of the link's thread.

  /** Returns the time until the link's thread has work; MAX_VALUE if nothing waits. */
  long nanosToWork(long now) {
    if (!isOpen(epoch)) {
      return Long.MAX_VALUE;
    }
    if (consumers.areChangesDue() || !whenStopped.isEmpty() || isFenceWanted()) {
      return 0;
    }
    return acks.nanosToWrite(now, !flushing);
  }

  /** Removes and returns the work of the link's thread. */
  Work takeWork() {
    writing = true;
    return new Work(consumers.takeChanges(), takeStopped(), acks.take());
  }

  /** Returns a fence to be sent after the work that was taken; empty if none is due. */
  Optional<SentFence> takeFence(long now) {
    if (!fences.isDue(acks.hasAcked())) {
      return Optional.empty();
    }
    fences.onSent(now);
    return Optional.of(new SentFence(epoch, acks.takeAcked()));
  }

  /** Returns whether a fence is due once the waiting acks are written. */
  private boolean isFenceWanted() {
    return fences.isDue(acks.isSettling());
  }

  /** Notes RabbitMQ's reply to a fence; returns whether the link's thread must be woken. */
  boolean onFenceAnswered(SentFence fence) {
    if (fence.epoch() != epoch) {
      return false;
    }
    fences.onAnswered();
    return isFenceWanted();
  }

  /** Notes that the work that was taken last is done. */
  void onWorkDone() {
    writing = false;
  }

  // Flush.

  /** Ends the delay of acks for good. The link's thread must be woken. */
  void beginFlush() {
    flushing = true;
  }

  /** Returns whether every ack and rejection is written, or is lost with its channel. */
  boolean isFlushed(long now) {
    return !writing && nanosToWork(now) == Long.MAX_VALUE;
  }

  // The watchdog.

  /** Notes that this process was suspended until now. */
  void onSuspended(long now) {
    excusedUntil = now;
  }

  /**
   * Requests a fence if the last one was sent long ago.
   *
   * @return whether the link's thread must be woken
   */
  boolean requestFenceIfQuiet(long now) {
    return phase != Phase.CLOSED && fences.requestIfQuiet(now);
  }

  /**
   * Returns whether RabbitMQ has not replied to a fence for too long. RabbitMQ's reply follows the
   * messages that it sent before. So the time counts from the last of them.
   *
   * @param idleNanos time since a message was last read ({@link ContentReading#idleNanos})
   */
  boolean isSilent(long now, long idleNanos) {
    long silent = Math.min(fences.unansweredNanos(now), idleNanos);
    return phase != Phase.CLOSED && Math.min(silent, now - excusedUntil) >= fenceTimeout.toNanos();
  }
}
