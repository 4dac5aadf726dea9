package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A delivered AMQP message with its events. All methods must be called on the loop.
 *
 * <p>The delivery is acked when each of its events is {@linkplain #done() done}, or earlier by
 * {@link #settle} (protocol section 4, rule 1). Or it is {@linkplain #reject() rejected} as a
 * whole. When its channel is gone, an unsettled delivery is {@linkplain #isLost() lost}: RabbitMQ
 * may redeliver or dead-letter the message.
 */
public final class Delivery {

  /** Way by which a message arrived. */
  public enum Origin {
    /** Published to this process, or to all brokers. */
    SENT,
    /** Dead-lettered to its sender because it expired. */
    EXPIRED,
    /** Dead-lettered to its sender because the receiver rejected it. */
    REJECTED,
    /** Dead-lettered to its sender for any other reason. */
    DEAD_LETTERED,
    /**
     * A request that a quorum queue has delivered before, and now delivers again or dead-letters to
     * its sender. The first receiver may have settled and run it all the same: only the receiver's
     * node has answered the fence, and the queue's leader on another node may have missed the ack.
     */
    IN_DOUBT,
    /** From the queue {@link Topology#ORPHAN}: sent to a broker that is gone. */
    ORPHANED,
    /**
     * An orphan that was delivered before. Another broker may have settled it and reported that the
     * request did not run.
     */
    ORPHANED_IN_DOUBT;

    /** Returns whether the message was sent to a broker that is gone. */
    public boolean isOrphaned() {
      return this == ORPHANED || this == ORPHANED_IN_DOUBT;
    }
  }

  /**
   * Data of a message besides its payload. Receivers check the payload against it, since RabbitMQ
   * has checked the user and the sender's permission for the routing key.
   *
   * @param orphaned true if the message has the AMQP header {@link Topology#ORPHANED_HEADER}; the
   *     sender's claim
   * @param version release of the sender, as it claims; empty if it is unknown
   */
  public record Envelope(
      Origin origin, String routingKey, String userId, boolean orphaned, String version) {

    public Envelope {
      Objects.requireNonNull(routingKey, "routingKey");
      Objects.requireNonNull(userId, "userId");
      Objects.requireNonNull(version, "version");
    }

    /** Creates an envelope of a sender of unknown release. */
    public Envelope(Origin origin, String routingKey, String userId, boolean orphaned) {
      this(origin, routingKey, userId, orphaned, "");
    }
  }

  /** The channel that delivered the message. Called on the loop; must not block. */
  public interface Source {
    void ack(Delivery delivery);

    /** Acks, counts and logs a delivery that the process discards. */
    void discard(Delivery delivery, DiscardReason reason);

    void reject(Delivery delivery);

    /**
     * Acks the delivery, and calls {@link Delivery#onSettled} once RabbitMQ cannot redeliver it.
     */
    void settle(Delivery delivery);

    boolean isOpen();
  }

  private enum State {
    OPEN,
    SETTLING,
    SETTLED,
    CLOSED
  }

  private static final Logger log = LoggerFactory.getLogger(Delivery.class);

  private final Source source;
  private final long tag;
  private final Envelope envelope;
  private final EventType type;
  private List<Event> events;
  private final List<Runnable> whenSettled = new ArrayList<>(1);
  private State state = State.OPEN;
  private int unfinishedEvents;

  public Delivery(Source source, long tag, Envelope envelope, EventType type, List<Event> events) {
    this.source = source;
    this.tag = tag;
    this.envelope = envelope;
    this.type = type;
    this.events = List.copyOf(events);
    this.unfinishedEvents = events.size();
  }

  /** Returns the message's data besides the payload. */
  public Envelope envelope() {
    return envelope;
  }

  /** Returns the type of the events. */
  public EventType type() {
    return type;
  }

  /** Returns the events, at least one; none after {@link #takeEvents}. */
  public List<Event> events() {
    return events;
  }

  /**
   * Removes and returns the events. So, while the refusal of a request waits for its confirm, the
   * delivery does not keep the request in memory.
   */
  public List<Event> takeEvents() {
    List<Event> taken = events;
    events = List.of();
    return taken;
  }

  /** Notes that one event no longer needs the delivery; after the last one, acks it. */
  public void done() {
    unfinishedEvents--;
    if (unfinishedEvents == 0 && state == State.OPEN) {
      state = State.CLOSED;
      source.ack(this);
    }
  }

  /** Acks the delivery, whatever the state of its events. */
  public void ack() {
    unfinishedEvents = 0;
    if (state == State.OPEN) {
      state = State.CLOSED;
      source.ack(this);
    }
  }

  /** Acks a message whose form, sender or receiver is wrong, and counts and logs it. */
  public void discard(DiscardReason reason) {
    unfinishedEvents = 0;
    if (state == State.OPEN) {
      state = State.CLOSED;
      source.discard(this, reason);
    }
  }

  /**
   * Rejects the whole delivery, which must not have run: RabbitMQ dead-letters it as {@code
   * rejected}.
   */
  public void reject() {
    if (state == State.OPEN) {
      state = State.CLOSED;
      source.reject(this);
    }
  }

  /**
   * Acks the delivery, and calls {@code then} on the loop once RabbitMQ can no longer redeliver it;
   * at once if it is settled already. If the channel is lost before, {@code then} is never called.
   * Settling for one event of a batch settles the batch.
   */
  public void settle(Runnable then) {
    switch (state) {
      case OPEN -> {
        state = State.SETTLING;
        whenSettled.add(then);
        source.settle(this);
      }
      case SETTLING -> whenSettled.add(then);
      case SETTLED -> then.run();
      case CLOSED -> throw new IllegalStateException("acked or rejected already");
    }
  }

  /** Returns whether the delivery is settled: RabbitMQ can no longer redeliver it. */
  public boolean isSettled() {
    return state == State.SETTLED;
  }

  /** Returns whether the channel is gone and the delivery was not settled before. */
  public boolean isLost() {
    return state != State.SETTLED && !source.isOpen();
  }

  /** Notes, on the loop, that RabbitMQ has answered the fence sent after the ack. */
  public void onSettled() {
    state = State.SETTLED;
    List<Runnable> waiting = List.copyOf(whenSettled);
    whenSettled.clear();
    waiting.forEach(this::runGuarded);
  }

  /** Catches exceptions, so that a bug of one event does not affect the other events. */
  private void runGuarded(Runnable then) {
    try {
      then.run();
    } catch (RuntimeException | Error e) {
      log.error("event=bug settled_type={}", type.wireName(), e);
    }
  }

  public long tag() {
    return tag;
  }
}
