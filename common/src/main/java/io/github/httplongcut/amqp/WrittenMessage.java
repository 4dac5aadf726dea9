package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import java.util.List;

/** An AMQP message of one or more publications with the same key, written and not yet confirmed. */
final class WrittenMessage {

  /** Estimated bytes of a message besides its body: frames, properties, names. */
  private static final int FRAMING_BYTES = 512;

  private final long number;
  private final List<Publication> publications;
  private final byte[] body;
  private final long writtenAt;
  private boolean returned;

  /**
   * Creates a message that is about to be written.
   *
   * @param number sequence number of the message on its channel, which RabbitMQ's confirm names
   */
  WrittenMessage(long number, List<Publication> publications, long writtenAt) {
    this.number = number;
    this.publications = publications;
    this.body = EventCodec.join(publications.stream().map(Publication::encoded).toList());
    this.writtenAt = writtenAt;
  }

  long number() {
    return number;
  }

  List<Publication> publications() {
    return publications;
  }

  /** Returns the key of all its publications. */
  Publication.BatchKey key() {
    return publications.get(0).key();
  }

  /** Returns the tenant whose inbox the message goes to, or {@link Topology#NO_TENANT}. */
  String tenant() {
    return key().tenant();
  }

  /** Returns whether the message goes to a tenant's inbox and to no other queue. */
  boolean isForTenant() {
    return !tenant().equals(Topology.NO_TENANT);
  }

  byte[] body() {
    return body;
  }

  long writtenAt() {
    return writtenAt;
  }

  /** Returns the message's size on the wire in bytes, estimated. */
  long size() {
    return (long) body.length + FRAMING_BYTES;
  }

  /** Notes that RabbitMQ returned the message: no queue was bound for it. */
  void onReturned() {
    returned = true;
  }

  boolean isReturned() {
    return returned;
  }

  /** Returns the type of its events. */
  EventType type() {
    return publications.get(0).event().type();
  }

  /** Returns the longest expiration of its publications, in ms, or {@link Publication#NEVER}. */
  long expirationMillis() {
    long longest = 0;
    for (Publication publication : publications) {
      longest = Math.max(longest, publication.expirationMillis());
    }
    return longest;
  }
}
