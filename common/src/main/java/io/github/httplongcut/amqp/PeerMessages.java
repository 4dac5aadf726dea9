package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.protocol.WireLimits;
import java.util.Map;

/**
 * AMQP form of the events of a {@link PeerConnection}.
 *
 * @param type type of the events, which has the exchange's name
 * @param user RabbitMQ user of the connection
 * @param id process id, for the queue's name and the message ids
 */
record PeerMessages(EventType type, String user, ProcessId id) {

  private static final int QUEUE_LENGTH = 1_000;
  private static final int QUEUE_BYTES = 4 << 20;
  private static final int TTL_MILLIS = 5_000;

  /** Deletes a queue that never had a consumer, which auto-delete does not. */
  private static final int EXPIRES_MILLIS = 60_000;

  /** A message that was delivered and is not decoded yet. */
  static final class Arrived {
    final long tag;
    final String exchange;
    final String key;
    final BasicProperties properties;

    /** Length of the body. */
    final int bytes;

    /** The body; empty if it is longer than {@link WireLimits#STATUS_BYTES}. */
    final byte[] body;

    Arrived(Envelope envelope, BasicProperties properties, byte[] body) {
      this.tag = envelope.getDeliveryTag();
      this.exchange = envelope.getExchange();
      this.key = envelope.getRoutingKey();
      this.properties = properties;
      this.bytes = body.length;
      this.body = bytes > WireLimits.STATUS_BYTES ? new byte[0] : body;
    }
  }

  String exchange() {
    return type.wireName();
  }

  String queue(int number) {
    return Topology.statusQueue(id, number);
  }

  /** Limits of the queue: it drops the oldest messages, so it always has the newest ones. */
  static Map<String, Object> queueArguments() {
    return Map.of(
        "x-queue-type", "classic",
        "x-max-length", QUEUE_LENGTH,
        "x-max-length-bytes", QUEUE_BYTES,
        "x-message-ttl", TTL_MILLIS,
        "x-expires", EXPIRES_MILLIS);
  }

  /** Returns a message's AMQP properties (protocol section 2). */
  BasicProperties properties(long number) {
    return new BasicProperties.Builder()
        .contentType("application/json")
        .type(type.wireName())
        .appId(AppId.OF_THIS_RELEASE)
        .userId(user)
        .deliveryMode(1)
        .messageId(id.toString() + '/' + number)
        .build();
  }

  /** Checks and decodes a message. */
  Event decode(Arrived message, String queue) throws MalformedEventException {
    if (message.bytes > WireLimits.STATUS_BYTES) {
      throw new MalformedEventException("longer than " + WireLimits.STATUS_BYTES + " bytes");
    }
    if (!type.wireName().equals(message.properties.getType())
        || !exchange().equals(message.exchange)) {
      throw new ForgedMessageException("not a " + type.wireName());
    }
    MessageReader.DecodedMessage decoded =
        MessageReader.read(queue, message.exchange, message.key, message.properties, message.body);
    if (decoded.events().size() != 1) {
      throw new MalformedEventException("more than one event");
    }
    return decoded.events().get(0);
  }

  static byte[] encode(Event event) {
    return EventCodec.encode(event);
  }
}
