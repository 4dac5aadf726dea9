package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /**
   * Returns the message's AMQP properties (protocol section 2).
   *
   * @param user RabbitMQ user of the connection
   * @param sender process id, the part of the message id before the number
   */
  BasicProperties properties(String user, String sender) {
    BasicProperties.Builder properties =
        new BasicProperties.Builder()
            .contentType("application/json")
            .type(publications.get(0).event().type().wireName())
            .appId(MessageReader.APP_ID)
            .userId(user)
            .deliveryMode(1)
            .messageId(sender + "/" + number);
    long longest = 0;
    for (Publication publication : publications) {
      longest = Math.max(longest, publication.expirationMillis());
    }
    if (longest != Publication.NEVER) {
      properties.expiration(Long.toString(longest));
    }
    Map<String, Object> headers = new HashMap<>();
    if (key().brokerId() != null) {
      headers.put(Topology.BROKER_ID_HEADER, key().brokerId());
    }
    if (key().orphaned()) {
      headers.put(Topology.ORPHANED_HEADER, true);
    }
    return headers.isEmpty() ? properties.build() : properties.headers(headers).build();
  }

  /** Returns the number in a message id that {@link #properties} made. */
  static long numberOf(String messageId) {
    return Long.parseLong(messageId.substring(messageId.lastIndexOf('/') + 1));
  }
}
