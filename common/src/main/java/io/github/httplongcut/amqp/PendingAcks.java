package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Acks and rejections of one channel that are not written yet, and deliveries that are being
 * settled. A delivery is settled in three steps: its ack waits here until {@link #take}, then the
 * delivery waits for a fence until {@link #takeAcked}, then the fence waits for RabbitMQ's reply
 * (docs/protocol.md section 4, rule 1).
 *
 * <p>Guarded by the caller's lock. Times are {@code nanoTime}.
 */
final class PendingAcks {

  /**
   * Longest delay of an ack. An ack that settles a delivery is written with the next fence, so at
   * once if no fence is outstanding.
   */
  static final Duration ACK_DELAY = Duration.ofMillis(20);

  /**
   * Number of waiting acks that ends their delay: they are then written together. Far less than the
   * prefetch of a busy queue.
   */
  static final int ACKS_PER_WRITE = 25;

  /**
   * Rejections and acks to be written, the rejections first: an ack with {@code multiple} relies on
   * them.
   */
  record Writes(List<Long> rejections, List<DeliveryTags.Ack> acks) {}

  private final DeliveryTags tags = new DeliveryTags();
  private final List<Long> acks = new ArrayList<>();
  private final List<Long> rejections = new ArrayList<>();

  /** Deliveries that are being settled, and whose acks are among {@link #acks}. */
  private final List<Delivery> settling = new ArrayList<>();

  /** Deliveries that are being settled, and whose acks are taken. */
  private final List<Delivery> acked = new ArrayList<>();

  /** Time by which the acks must be written; of no meaning while there are none. */
  private long ackBy;

  /**
   * Adds an ack, which waits for acks of its neighbours: they often allow one {@code basic.ack} for
   * all of them.
   *
   * @return whether {@link #nanosToWrite} has become shorter
   */
  boolean ack(long tag, long now) {
    acks.add(tag);
    if (acks.size() == 1) {
      ackBy = now + ACK_DELAY.toNanos();
      return true;
    }
    return acks.size() == ACKS_PER_WRITE;
  }

  /** Adds a rejection, which is due at once. */
  void reject(long tag) {
    rejections.add(tag);
  }

  /** Adds the ack of a delivery that is to be settled by the next fence. */
  void settle(Delivery delivery, long now) {
    ack(delivery.tag(), now);
    settling.add(delivery);
  }

  /**
   * Returns the time until {@link #take} is due; MAX_VALUE if nothing waits.
   *
   * @param delayed true if acks may wait for their neighbours
   */
  long nanosToWrite(long now, boolean delayed) {
    if (!rejections.isEmpty()) {
      return 0;
    }
    if (acks.isEmpty()) {
      return Long.MAX_VALUE;
    }
    return delayed && acks.size() < ACKS_PER_WRITE ? Math.max(0, ackBy - now) : 0;
  }

  /** Removes and returns everything that waits to be written. */
  Writes take() {
    acked.addAll(settling);
    settling.clear();
    List<Long> rejected = List.copyOf(rejections);
    rejections.clear();
    tags.markRejected(rejected);
    List<DeliveryTags.Ack> combined = tags.ack(acks);
    acks.clear();
    return new Writes(rejected, combined);
  }

  /** Returns whether a fence would settle a delivery if it is sent now: its ack is taken. */
  boolean hasAcked() {
    return !acked.isEmpty();
  }

  /** Returns whether a delivery waits for a fence, with its ack taken or not. */
  boolean isSettling() {
    return !acked.isEmpty() || !settling.isEmpty();
  }

  /** Removes and returns the deliveries that a fence settles if it is sent now. */
  List<Delivery> takeAcked() {
    List<Delivery> taken = List.copyOf(acked);
    acked.clear();
    return taken;
  }
}
