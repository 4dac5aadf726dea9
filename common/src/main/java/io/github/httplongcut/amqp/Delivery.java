package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One AMQP message that was delivered, with the events in it. All methods belong to the loop.
 *
 * <p>It is acked when each of its events is {@linkplain #done() done}, or before, when it is
 * {@linkplain #settle settled} (protocol section 4, rule 1); or it is rejected as a whole. Once its
 * channel is gone it is {@linkplain #isLost() lost}: RabbitMQ gives it back to somebody, unless it
 * was acked.
 */
public final class Delivery {

  /** How it came here. */
  public enum Origin {
    /** Published to this process, or to all brokers. */
    SENT,
    /** A request that came back to its sender: it had expired. */
    EXPIRED,
    /** A request that came back to its sender: it was rejected, which the receiver says itself. */
    REJECTED,
    /** A request that came back to its sender for any other reason. */
    DEAD_LETTERED,
    /**
     * A request that somebody had before: a quorum queue gives it out again, or back to its sender.
     * Such a queue has its leader's word for what was acked, not that of the node that answered the
     * fence, so it may have been settled, and have run.
     */
    IN_DOUBT,
    /** From the queue of what was for a broker that is gone. */
    ORPHANED,
    /**
     * The same, given out before: another broker may have settled it, and have said already that
     * the request did not run.
     */
    ORPHANED_IN_DOUBT;

    /** Returns whether it was for a broker that is gone. */
    public boolean isOrphaned() {
      return this == ORPHANED || this == ORPHANED_IN_DOUBT;
    }
  }

  /** What RabbitMQ says of a message, which it has checked: believed before the payload. */
  public record Envelope(Origin origin, String routingKey, String userId, boolean orphaned) {

    public Envelope {
      Objects.requireNonNull(routingKey, "routingKey");
      Objects.requireNonNull(userId, "userId");
    }
  }

  /** The channel that it came by; called on the loop, must not block. */
  interface Source {
    void ack(Delivery delivery);

    void reject(Delivery delivery);

    /** Acks it, and has {@link Delivery#onSettled} called once it can no longer come back. */
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
  private int undone;

  Delivery(Source source, long tag, Envelope envelope, EventType type, List<Event> events) {
    this.source = source;
    this.tag = tag;
    this.envelope = envelope;
    this.type = type;
    this.events = List.copyOf(events);
    this.undone = events.size();
  }

  /** What RabbitMQ vouches for. */
  public Envelope envelope() {
    return envelope;
  }

  /** The type of its events. */
  public EventType type() {
    return type;
  }

  /** Its events, at least one, unless they were {@linkplain #takeEvents taken}. */
  public List<Event> events() {
    return events;
  }

  /**
   * Its events, which it does not hold any more: what is refused at once takes up no memory until
   * that is confirmed.
   */
  public List<Event> takeEvents() {
    List<Event> taken = events;
    events = List.of();
    return taken;
  }

  /** One of its events needs it no more; it is acked when all have said so. */
  public void done() {
    undone--;
    if (undone == 0 && state == State.OPEN) {
      state = State.CLOSED;
      source.ack(this);
    }
  }

  /** Acks it whatever its events say: for what cannot be used. */
  public void discard() {
    undone = 0;
    if (state == State.OPEN) {
      state = State.CLOSED;
      source.ack(this);
    }
  }

  /** Gives it back as a whole, certainly not run: it is dead-lettered {@code rejected}. */
  public void reject() {
    if (state == State.OPEN) {
      state = State.CLOSED;
      source.reject(this);
    }
  }

  /**
   * Acks it and calls {@code then}, on the loop, once RabbitMQ can no longer give it back; at once
   * if that is so already. If the channel dies first, {@code then} is never called. Settling one of
   * a batch settles all of them.
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

  /** Whether it is settled: it can no longer come back. */
  public boolean isSettled() {
    return state == State.SETTLED;
  }

  /** Whether its channel is gone while it could still come back: it is not ours any more. */
  public boolean isLost() {
    return state != State.SETTLED && !source.isOpen();
  }

  /** Called on the loop when the fence behind its ack has come back. */
  void onSettled() {
    state = State.SETTLED;
    List<Runnable> waiting = List.copyOf(whenSettled);
    whenSettled.clear();
    waiting.forEach(this::guarded);
  }

  /** A bug in what one event causes must not cost the others. */
  private void guarded(Runnable then) {
    try {
      then.run();
    } catch (RuntimeException | Error e) {
      log.error("event=bug settled_type={}", type.wireName(), e);
    }
  }

  long tag() {
    return tag;
  }
}
