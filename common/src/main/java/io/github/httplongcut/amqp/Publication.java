package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One event to be published, mandatory and confirmed, to the exchange of its name. Immutable but
 * for its builder-like methods, each of which returns a changed copy.
 */
public final class Publication {

  /** Number of times that it may be written. */
  public enum Tries {
    /** Written once at the most; its fate may be {@link Outcome#UNKNOWN}. For requests. */
    ONCE,
    /** Written again when nacked or its fate is unknown, until it is given up. For all else. */
    UNTIL_CONFIRMED,
    /**
     * The same, but given up after {@value Publication#MOST_NACKS} nacks. For what goes to a
     * tenant's inbox: its owner may have declared it so that it takes nothing.
     */
    UNLESS_NACKED,
    /**
     * The same, but given up after the first nack. For what a broker sends on for others: nobody
     * knows whether it is wanted, and what it came from holds a place in a shared queue.
     */
    UNTIL_NACKED
  }

  /** Nacks after which a publication of {@link Tries#UNLESS_NACKED} is given up. */
  static final int MOST_NACKS = 3;

  /** With whom it may share an AMQP message (protocol section 7). */
  public enum Batching {
    /** With nobody: a request whose expiration is not the full one. */
    ALONE,
    /** With other requests that are repeatable. */
    REPEATABLE,
    /** With other requests that are not repeatable. */
    NOT_REPEATABLE,
    /** With any event of its type: what is no request. */
    ANY,
    /**
     * With any such event of its type, for which it may wait some milliseconds: acks of requests
     * that are repeatable. If the sender dies with it, the request comes back anyway.
     */
    UNHURRIED
  }

  /**
   * What may be one AMQP message: the same key.
   *
   * @param owner the tenant to whose inbox it goes, or {@link Topology#NOBODY}; asked for often
   */
  record BatchKey(
      String exchange,
      String routingKey,
      String owner,
      Batching batching,
      String brokerId,
      boolean orphaned) {

    static BatchKey of(String exchange, String routingKey) {
      String owner = Topology.ownerOf(exchange, routingKey);
      return new BatchKey(exchange, routingKey, owner, Batching.ANY, null, false);
    }

    BatchKey batched(Batching other) {
      return new BatchKey(exchange, routingKey, owner, other, brokerId, orphaned);
    }

    BatchKey withBrokerId(String id) {
      return new BatchKey(exchange, routingKey, owner, batching, id, orphaned);
    }

    BatchKey asOrphan() {
      return new BatchKey(exchange, routingKey, owner, batching, brokerId, true);
    }
  }

  /** No AMQP expiration. */
  static final long NEVER = Long.MAX_VALUE;

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
   * An event to be published until it is confirmed ({@link Tries#UNTIL_CONFIRMED}), or until {@code
   * giveUpAt}; batched with any other. It is encoded here, on the caller's thread.
   *
   * @param giveUpAt {@link System#nanoTime} after which it is not written (again)
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

  /** The same, tried that often. */
  public Publication tried(Tries tries) {
    return new Publication(event, encoded, key, tries, expirationMillis, giveUpAt, nacks, whenDone);
  }

  /** The same, sharing a message with those only. */
  public Publication batched(Batching batching) {
    return withKey(key.batched(batching));
  }

  /**
   * The same with an AMQP {@code expiration}. In a batch of what is no request the longest one
   * counts.
   *
   * @param millis at least 1
   */
  public Publication expiringAfter(long millis) {
    if (millis < 1) {
      throw new IllegalArgumentException("nothing is published with no time left");
    }
    return new Publication(event, encoded, key, tries, millis, giveUpAt, nacks, whenDone);
  }

  /** The same with the AMQP header {@link Topology#BROKER_ID_HEADER}. */
  public Publication withBrokerId(String brokerId) {
    return withKey(key.withBrokerId(brokerId));
  }

  /** The same with the AMQP header {@link Topology#ORPHANED_HEADER}. */
  public Publication orphaned() {
    return withKey(key.asOrphan());
  }

  /** The same; {@code whenDone} is called once, on the loop, with its outcome. */
  public Publication whenDone(Consumer<Outcome> whenDone) {
    return new Publication(
        event, encoded, key, tries, expirationMillis, giveUpAt, nacks, Optional.of(whenDone));
  }

  /** The event. */
  public Event event() {
    return event;
  }

  /** The routing key. */
  public String routingKey() {
    return key.routingKey;
  }

  /** The AMQP expiration in milliseconds, if it has one. */
  public Optional<Long> expiration() {
    return expirationMillis == NEVER ? Optional.empty() : Optional.of(expirationMillis);
  }

  /** Whether it carries the AMQP header {@link Topology#ORPHANED_HEADER}. */
  public boolean isOrphaned() {
    return key.orphaned;
  }

  /** Number of times that it may be written. */
  public Tries tries() {
    return tries;
  }

  /** With whom it may share a message. */
  public Batching batching() {
    return key.batching;
  }

  /**
   * The same after one more nack, to be written again; empty if that was the last.
   *
   * @return itself if nobody counts its nacks
   */
  Optional<Publication> nackedOnceMore() {
    return switch (tries) {
      case ONCE, UNTIL_NACKED -> Optional.empty();
      case UNTIL_CONFIRMED -> Optional.of(this);
      case UNLESS_NACKED ->
          nacks + 1 < MOST_NACKS
              ? Optional.of(
                  new Publication(
                      event, encoded, key, tries, expirationMillis, giveUpAt, nacks + 1, whenDone))
              : Optional.empty();
    };
  }

  private Publication withKey(BatchKey key) {
    return new Publication(event, encoded, key, tries, expirationMillis, giveUpAt, nacks, whenDone);
  }

  BatchKey key() {
    return key;
  }

  byte[] encoded() {
    return encoded;
  }

  long expirationMillis() {
    return expirationMillis;
  }

  boolean isGivenUp(long nowNanos) {
    return nowNanos - giveUpAt >= 0;
  }

  /** Returns whether it is written again when its fate is unknown. */
  boolean isTriedAgain() {
    return tries != Tries.ONCE;
  }

  /** Whether somebody wants to know its outcome. */
  boolean isAwaited() {
    return whenDone.isPresent();
  }

  void done(Outcome outcome) {
    whenDone.ifPresent(each -> each.accept(outcome));
  }

  @Override
  public String toString() {
    return event.type().wireName() + " to " + key.routingKey;
  }
}
