package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.Topology;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An event to publish to the exchange of its name, mandatory and with a confirm. Immutable; methods
 * such as {@link #tried} return a changed copy.
 */
public final class Publication {

  /** Policy for writing a publication again. */
  public enum Tries {
    /** Written at most once; the outcome may be {@link Outcome#UNKNOWN}. For requests. */
    ONCE,
    /** Written again after a nack or a lost channel, until confirmed or given up. The default. */
    UNTIL_CONFIRMED,
    /**
     * Like {@link #UNTIL_CONFIRMED}, but given up after {@value Publication#MAX_NACKS} nacks. For
     * tenants' inboxes, since a tenant may declare an inbox that accepts no messages.
     */
    UNLESS_NACKED,
    /**
     * Like {@link #UNTIL_CONFIRMED}, but given up after the first nack. For answers to requests
     * that the broker does not know. Perhaps nobody wants such an answer, and until it is
     * confirmed, the message with which it came takes up space in a queue that others need.
     */
    UNTIL_NACKED
  }

  /** Nacks after which a publication of {@link Tries#UNLESS_NACKED} is given up. */
  public static final int MAX_NACKS = 3;

  /** Kind of events with which an event may share an AMQP message (protocol section 7). */
  public enum Batching {
    /** With none. For requests that expire before a full ack timeout has passed. */
    ALONE,
    /** With other requests that are repeatable. */
    REPEATABLE,
    /** With other requests that are not repeatable. */
    NOT_REPEATABLE,
    /** With any event of its type. For all events that are not requests. */
    ANY,
    /**
     * With other unhurried events of its type, for which it may wait some milliseconds. For acks of
     * repeatable requests: if the sender dies before it writes the ack, RabbitMQ redelivers the
     * request or returns it to its sender.
     */
    UNHURRIED
  }

  /**
   * Properties that all events of an AMQP message have in common.
   *
   * @param tenant tenant whose inbox the message goes to, or {@link Topology#NO_TENANT}; kept here
   *     because it is needed often
   */
  public record BatchKey(
      String exchange,
      String routingKey,
      String tenant,
      Batching batching,
      String brokerId,
      boolean orphaned) {

    public static BatchKey of(String exchange, String routingKey) {
      String tenant = Topology.tenantOf(exchange, routingKey);
      return new BatchKey(exchange, routingKey, tenant, Batching.ANY, null, false);
    }

    public BatchKey batched(Batching other) {
      return new BatchKey(exchange, routingKey, tenant, other, brokerId, orphaned);
    }

    BatchKey withBrokerId(String id) {
      return new BatchKey(exchange, routingKey, tenant, batching, id, orphaned);
    }

    BatchKey asOrphan() {
      return new BatchKey(exchange, routingKey, tenant, batching, brokerId, true);
    }
  }

  /** No AMQP expiration. */
  public static final long NEVER = Long.MAX_VALUE;

  private final Event event;
  private final byte[] encoded;
  private final BatchKey key;
  private final Tries tries;
  private final long expirationMillis;
  private final long giveUpAt;
  private final int nacks;
  private final Optional<Consumer<Outcome>> whenDone;

  private Publication(
      Event event,
      byte[] encoded,
      BatchKey key,
      Tries tries,
      long expirationMillis,
      long giveUpAt,
      int nacks,
      Optional<Consumer<Outcome>> whenDone) {
    this.event = event;
    this.encoded = encoded;
    this.key = key;
    this.tries = tries;
    this.expirationMillis = expirationMillis;
    this.giveUpAt = giveUpAt;
    this.nacks = nacks;
    this.whenDone = whenDone;
  }

  /**
   * Creates a publication with {@link Tries#UNTIL_CONFIRMED} and {@link Batching#ANY}. Encodes the
   * event on the caller's thread.
   *
   * @param giveUpAt {@link System#nanoTime} after which the event is written neither for the first
   *     time nor again
   */
  public static Publication of(Event event, String routingKey, long giveUpAt) {
    Objects.requireNonNull(routingKey, "routingKey");
    return new Publication(
        event,
        EventCodec.encode(event),
        BatchKey.of(event.type().wireName(), routingKey),
        Tries.UNTIL_CONFIRMED,
        NEVER,
        giveUpAt,
        0,
        Optional.empty());
  }

  /** Returns a copy with this policy. */
  public Publication tried(Tries tries) {
    return new Publication(event, encoded, key, tries, expirationMillis, giveUpAt, nacks, whenDone);
  }

  /** Returns a copy that shares a message with this kind of events. */
  public Publication batched(Batching batching) {
    return withKey(key.batched(batching));
  }

  /**
   * Returns a copy with an AMQP {@code expiration}. A batch of events that are not requests has the
   * longest expiration among them.
   *
   * @param millis at least 1
   */
  public Publication expiringAfter(long millis) {
    if (millis < 1) {
      throw new IllegalArgumentException("the expiration must be at least 1 ms");
    }
    return new Publication(event, encoded, key, tries, millis, giveUpAt, nacks, whenDone);
  }

  /** Returns a copy with the AMQP header {@link Topology#BROKER_ID_HEADER}. */
  public Publication withBrokerId(String brokerId) {
    return withKey(key.withBrokerId(brokerId));
  }

  /** Returns a copy with the AMQP header {@link Topology#ORPHANED_HEADER}. */
  public Publication orphaned() {
    return withKey(key.asOrphan());
  }

  /** Returns a copy with a listener, which is called once, on the loop, with the outcome. */
  public Publication whenDone(Consumer<Outcome> whenDone) {
    return new Publication(
        event, encoded, key, tries, expirationMillis, giveUpAt, nacks, Optional.of(whenDone));
  }

  /** Returns the event. */
  public Event event() {
    return event;
  }

  /** Returns the routing key. */
  public String routingKey() {
    return key.routingKey;
  }

  /** Returns the AMQP expiration in milliseconds; empty if there is none. */
  public Optional<Long> expiration() {
    return expirationMillis == NEVER ? Optional.empty() : Optional.of(expirationMillis);
  }

  /** Returns whether the message has the AMQP header {@link Topology#ORPHANED_HEADER}. */
  public boolean isOrphaned() {
    return key.orphaned;
  }

  /** Returns the policy for writing the event again. */
  public Tries tries() {
    return tries;
  }

  /** Returns the kind of events with which this one may share a message. */
  public Batching batching() {
    return key.batching;
  }

  /**
   * Returns the publication to write again after a nack; empty if it must not be written again.
   * Counts the nack if the policy limits the number of nacks.
   */
  public Optional<Publication> afterNack() {
    return switch (tries) {
      case ONCE, UNTIL_NACKED -> Optional.empty();
      case UNTIL_CONFIRMED -> Optional.of(this);
      case UNLESS_NACKED ->
          nacks + 1 < MAX_NACKS
              ? Optional.of(
                  new Publication(
                      event, encoded, key, tries, expirationMillis, giveUpAt, nacks + 1, whenDone))
              : Optional.empty();
    };
  }

  private Publication withKey(BatchKey key) {
    return new Publication(event, encoded, key, tries, expirationMillis, giveUpAt, nacks, whenDone);
  }

  public BatchKey key() {
    return key;
  }

  public byte[] encoded() {
    return encoded;
  }

  public long expirationMillis() {
    return expirationMillis;
  }

  public boolean isOverdue(long nowNanos) {
    return nowNanos - giveUpAt >= 0;
  }

  /** Returns whether the event is written again after its channel was lost before the confirm. */
  public boolean isRetried() {
    return tries != Tries.ONCE;
  }

  /** Returns whether there is a listener for the outcome. */
  public boolean hasOutcomeListener() {
    return whenDone.isPresent();
  }

  public void done(Outcome outcome) {
    whenDone.ifPresent(each -> each.accept(outcome));
  }

  @Override
  public String toString() {
    return event.type().wireName() + " to " + key.routingKey;
  }
}
