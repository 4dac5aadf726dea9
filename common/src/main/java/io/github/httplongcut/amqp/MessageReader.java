package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what RabbitMQ delivers (protocol section 2): properties, death certificate and events. */
final class MessageReader {

  static final String APP_ID = "http-longcut";

  /** AMQP header of every dead letter. */
  static final String DEATH = "x-death";

  /** The exchanges that queues of the definitions dead-letter to. */
  private static final Set<String> DEAD_LETTER_EXCHANGES =
      Set.of(
          Topology.CLIENT_REQUEST_UNDELIVERED,
          Topology.BROKER_REQUEST_UNDELIVERED,
          Topology.ORPHAN);

  /** A message that was understood. */
  record Read(Delivery.Envelope envelope, EventType type, List<Event> events) {}

  private MessageReader() {}

  /**
   * Reads one message.
   *
   * @param queue from which queue it came
   * @throws MalformedEventException if it is no event of ours, or nobody vouches for its sender
   */
  static Read read(
      String queue, String exchange, String routingKey, BasicProperties properties, byte[] body)
      throws MalformedEventException {
    if (ContentGuard.DISCARDED.equals(properties.getContentType())) {
      throw new MalformedEventException(properties.getAppId());
    }
    if (properties.getUserId() == null) {
      throw new MalformedEventException("no user_id: RabbitMQ vouches for nobody");
    }
    String typeName = properties.getType();
    if (typeName == null) {
      throw new MalformedEventException("no type");
    }
    EventType type =
        EventType.ofName(typeName)
            .orElseThrow(() -> new MalformedEventException("unknown type '" + typeName + "'"));
    Map<String, Object> headers = properties.getHeaders();
    requireWay(queue, exchange, type);
    requireNoSideDoor(queue, exchange, headers);
    List<Event> events = EventCodec.decode(type, body);
    Delivery.Envelope envelope =
        new Delivery.Envelope(
            origin(queue, exchange, headers),
            routingKey,
            properties.getUserId(),
            headers != null && Boolean.TRUE.equals(headers.get(Topology.ORPHANED_HEADER)));
    return new Read(envelope, type, events);
  }

  /**
   * Refuses a message whose type, exchange and queue do not belong together. The type is the
   * sender's own word: who may write to an exchange may say only what the exchange is for. And who
   * may write to a shared queue can bind it to other exchanges.
   */
  private static void requireWay(String queue, String exchange, EventType type)
      throws MalformedEventException {
    boolean fits =
        switch (exchange) {
          case Topology.CLIENT_REQUEST_UNDELIVERED ->
              type == EventType.CLIENT_REQUEST && queue.startsWith(Topology.CLIENT_AGENT_QUEUES);
          // All that an upstream agent's inbox takes, and that bears a broker_id for its way back.
          case Topology.BROKER_REQUEST_UNDELIVERED ->
              (type == EventType.BROKER_REQUEST
                      || type == EventType.BROKER_CANCEL
                      || type == EventType.BROKER_HELLO)
                  && (queue.startsWith(Topology.BROKER_QUEUES) || queue.equals(Topology.ORPHAN));
          // What died in a broker's inbox. A request never does: its queue is another one.
          case Topology.ORPHAN -> queue.equals(Topology.ORPHAN) && type != EventType.CLIENT_REQUEST;
          default -> exchange.equals(type.wireName()) && isConsumedFrom(queue, type);
        };
    if (!fits) {
      throw new MalformedEventException(
          "a "
              + type.wireName()
              + " that came by exchange '"
              + exchange
              + "' into queue '"
              + queue
              + "'");
    }
  }

  /** Returns whether that queue is for events of that type that come by their own exchange. */
  private static boolean isConsumedFrom(String queue, EventType type) {
    return switch (queue) {
      case Topology.ORPHAN -> // by the alternate exchange
          type == EventType.UPSTREAM_RESPONSE || type == EventType.UPSTREAM_ERROR;
      case Topology.CLIENT_REQUEST_QUEUE -> type == EventType.CLIENT_REQUEST;
      default -> type != EventType.CLIENT_REQUEST;
    };
  }

  /**
   * Refuses a dead letter that came by an exchange for what is published. RabbitMQ checks topic
   * permissions when somebody publishes or binds, never for a dead letter: whoever may write to an
   * exchange can have a queue of his own dead-letter to it with any routing key. The header {@value
   * #DEATH} tells: RabbitMQ adds it to each dead letter, and no client can take it off.
   */
  private static void requireNoSideDoor(String queue, String exchange, Map<String, Object> headers)
      throws MalformedEventException {
    boolean deadLettersBelong =
        queue.equals(Topology.ORPHAN) || DEAD_LETTER_EXCHANGES.contains(exchange);
    if (!deadLettersBelong && headers != null && headers.containsKey(DEATH)) {
      throw new MalformedEventException("a dead letter that came by exchange '" + exchange + "'");
    }
  }

  private static Origin origin(String queue, String exchange, Map<String, Object> headers) {
    if (queue.equals(Topology.ORPHAN)) {
      return wasGivenOutBefore(headers) ? Origin.ORPHANED_IN_DOUBT : Origin.ORPHANED;
    }
    boolean cameBack =
        exchange.equals(Topology.CLIENT_REQUEST_UNDELIVERED)
            || exchange.equals(Topology.BROKER_REQUEST_UNDELIVERED);
    if (!cameBack) {
      boolean again = queue.equals(Topology.CLIENT_REQUEST_QUEUE) && wasGivenOutBefore(headers);
      return again ? Origin.IN_DOUBT : Origin.SENT;
    }
    if (exchange.equals(Topology.CLIENT_REQUEST_UNDELIVERED) && wasGivenOutBefore(headers)) {
      return Origin.IN_DOUBT; // whatever it died of in the end
    }
    return switch (lastDeath(headers)) {
      case "expired" -> Origin.EXPIRED;
      case "rejected" -> Origin.REJECTED;
      case "delivery_limit" -> Origin.IN_DOUBT;
      default -> Origin.DEAD_LETTERED;
    };
  }

  /**
   * Only quorum queues say so. {@code x-delivery-count} is not raised by everything that gives a
   * message back (RabbitMQ 4.3: not when the consumer's node seems down), {@code x-acquired-count},
   * of 4.3, is.
   */
  private static boolean wasGivenOutBefore(Map<String, Object> headers) {
    return headers != null
        && (isPositive(headers.get("x-delivery-count"))
            || isPositive(headers.get("x-acquired-count")));
  }

  private static boolean isPositive(Object count) {
    return count instanceof Number number && number.longValue() > 0;
  }

  /** The reason in the newest entry of {@code x-death}, which RabbitMQ puts first. */
  private static String lastDeath(Map<String, Object> headers) {
    boolean certified =
        headers != null
            && headers.get(DEATH) instanceof List<?> deaths
            && !deaths.isEmpty()
            && deaths.get(0) instanceof Map<?, ?>;
    if (!certified) {
      return "";
    }
    Object newest = ((List<?>) headers.get(DEATH)).get(0);
    return String.valueOf(((Map<?, ?>) newest).get("reason"));
  }
}
