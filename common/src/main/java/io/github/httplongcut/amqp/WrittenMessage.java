package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.EventCodec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An AMQP message for one or more publications of the same key, which RabbitMQ owes a word for. */
final class WrittenMessage {

  /** What stands around a message's body: frames, properties, names. */
  private static final int FRAMING_BYTES = 512;

  private final long number;
  private final List<Publication> publications;
  private final byte[] body;
  private final long writtenAt;
  private final String owner;
  private boolean returned;

  /**
   * A message that is just being written.
   *
   * @param number that RabbitMQ will confirm
   */
  WrittenMessage(long number, List<Publication> publications, long writtenAt) {
    this.number = number;
    this.publications = publications;
    this.body = EventCodec.join(publications.stream().map(Publication::encoded).toList());
    this.writtenAt = writtenAt;
    this.owner = key().owner();
  }

  long number() {
    return number;
  }

  List<Publication> publications() {
    return publications;
  }

  /** For all of them. */
  Publication.BatchKey key() {
    return publications.get(0).key();
  }

  /** The tenant to whose inbox it goes, or {@link Topology#NOBODY}. */
  String owner() {
    return owner;
  }

  /** Returns whether a tenant's inbox, and nothing else, owes RabbitMQ a word for it. */
  boolean isForTenant() {
    return !owner.equals(Topology.NOBODY);
  }

  byte[] body() {
    return body;
  }

  long writtenAt() {
    return writtenAt;
  }

  /** Bytes on the line, about. */
  long size() {
    return (long) body.length + FRAMING_BYTES;
  }

  /** No queue has taken it. */
  void onReturned() {
    returned = true;
  }

  boolean isReturned() {
    return returned;
  }

  /**
   * Its properties (protocol section 3).
   *
   * @param user as whom the connection is logged in
   * @param sender names it in the message id, before the number
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

  /** The number in a message id of {@link #properties}. */
  static long numberOf(String messageId) {
    return Long.parseLong(messageId.substring(messageId.lastIndexOf('/') + 1));
  }
}
