package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks and decodes delivered messages (protocol sections 2 and 8). */
final class MessageReader {

  /** AMQP header of every dead letter. */
  static final String X_DEATH = "x-death";

  /** Exchanges to which the policies dead-letter messages. */
  private static final Set<String> DEAD_LETTER_EXCHANGES =
      Set.of(
          Topology.CLIENT_REQUEST_UNDELIVERED,
          Topology.BROKER_REQUEST_UNDELIVERED,
          Topology.ORPHAN);

  /**
   * Envelope and events of a valid message.
   *
   * @param death reason of the dead-lettering; empty if the message is no dead letter
   */
  record DecodedMessage(
      Delivery.Envelope envelope,
      EventType type,
      List<Event> events,
      Optional<DeathReason> death) {}

  private MessageReader() {}

  /**
   * Checks and decodes one message.
   *
   * @param queue the queue that delivered the message
   * @throws MalformedEventException if the message is not a valid event, or has no {@code user_id}
   */
  static DecodedMessage read(
      String queue, String exchange, String routingKey, BasicProperties properties, byte[] body)
      throws MalformedEventException {
    if (ContentGuard.DISCARDED.equals(properties.getContentType())) {
      throw new MalformedEventException(properties.getAppId());
    }
    if (properties.getUserId() == null) {
      throw new MalformedEventException("the message has no user_id");
    }
    String typeName = properties.getType();
    if (typeName == null) {
      throw new MalformedEventException("the message has no type");
    }
    EventType type =
        EventType.ofName(typeName)
            .orElseThrow(() -> new MalformedEventException("unknown type '" + typeName + "'"));
    Map<String, Object> headers = properties.getHeaders();
    requireMatchingRoute(queue, exchange, type);
    requireNoForeignDeadLetter(queue, exchange, headers);
    List<Event> events = EventCodec.decode(type, body);
    Delivery.Envelope envelope =
        new Delivery.Envelope(
            origin(queue, exchange, headers),
            routingKey,
            properties.getUserId(),
            headers != null && Boolean.TRUE.equals(headers.get(Topology.ORPHANED_HEADER)),
            AppId.version(properties.getAppId()));
    Optional<DeathReason> death =
        DEAD_LETTER_EXCHANGES.contains(exchange)
            ? Optional.of(lastDeath(headers))
            : Optional.empty();
    return new DecodedMessage(envelope, type, events, death);
  }

  /**
   * Throws for a message whose type, exchange and queue do not belong together. RabbitMQ does not
   * check the type, so a sender could claim any. And a user with write permission for a shared
   * queue can bind the queue to other exchanges.
   */
  private static void requireMatchingRoute(String queue, String exchange, EventType type)
      throws MalformedEventException {
    boolean fits =
        switch (exchange) {
          case Topology.CLIENT_REQUEST_UNDELIVERED ->
              type == EventType.CLIENT_REQUEST && queue.startsWith(Topology.CLIENT_AGENT_QUEUES);
          // Types that upstream agents' inboxes accept, and that have the header broker_id.
          case Topology.BROKER_REQUEST_UNDELIVERED ->
              (type == EventType.BROKER_REQUEST
                      || type == EventType.BROKER_CANCEL
                      || type == EventType.BROKER_HELLO)
                  && (queue.startsWith(Topology.BROKER_QUEUES) || queue.equals(Topology.ORPHAN));
          // Dead letters of brokers' inboxes, which never hold a client_request.
          case Topology.ORPHAN -> queue.equals(Topology.ORPHAN) && type != EventType.CLIENT_REQUEST;
          default -> exchange.equals(type.wireName()) && isConsumedFrom(queue, type);
        };
    if (!fits) {
      throw new ForgedMessageException(
          "type "
              + type.wireName()
              + " is not allowed from exchange '"
              + exchange
              + "' in queue '"
              + queue
              + "'");
    }
  }

  /** Returns whether the queue accepts events of this type from the exchange of the type's name. */
  private static boolean isConsumedFrom(String queue, EventType type) {
    return switch (queue) {
      case Topology.ORPHAN -> // by the alternate exchange
          type == EventType.UPSTREAM_RESPONSE || type == EventType.UPSTREAM_ERROR;
      case Topology.CLIENT_REQUEST_QUEUE -> type == EventType.CLIENT_REQUEST;
      default -> type != EventType.CLIENT_REQUEST;
    };
  }

  /**
   * Throws for a dead letter from an exchange that is not for dead letters. RabbitMQ checks topic
   * permissions for a publish or a bind, but not for a dead letter. A user with write permission
   * for an exchange could declare a queue that dead-letters to the exchange with any routing key.
   * RabbitMQ adds the header {@value #X_DEATH} to each dead letter, and clients cannot remove it.
   */
  private static void requireNoForeignDeadLetter(
      String queue, String exchange, Map<String, Object> headers) throws MalformedEventException {
    boolean deadLettersAllowed =
        queue.equals(Topology.ORPHAN) || DEAD_LETTER_EXCHANGES.contains(exchange);
    if (!deadLettersAllowed && headers != null && headers.containsKey(X_DEATH)) {
      throw new ForgedMessageException(
          "dead letter from exchange '" + exchange + "', which is not for dead letters");
    }
  }

  private static Origin origin(String queue, String exchange, Map<String, Object> headers) {
    if (queue.equals(Topology.ORPHAN)) {
      return wasDeliveredBefore(headers) ? Origin.ORPHANED_IN_DOUBT : Origin.ORPHANED;
    }
    boolean returned =
        exchange.equals(Topology.CLIENT_REQUEST_UNDELIVERED)
            || exchange.equals(Topology.BROKER_REQUEST_UNDELIVERED);
    if (!returned) {
      boolean again = queue.equals(Topology.CLIENT_REQUEST_QUEUE) && wasDeliveredBefore(headers);
      return again ? Origin.IN_DOUBT : Origin.SENT;
    }
    if (exchange.equals(Topology.CLIENT_REQUEST_UNDELIVERED) && wasDeliveredBefore(headers)) {
      return Origin.IN_DOUBT; // whatever the reason of the dead letter
    }
    return switch (lastDeath(headers)) {
      case EXPIRED -> Origin.EXPIRED;
      case REJECTED -> Origin.REJECTED;
      case DELIVERY_LIMIT -> Origin.IN_DOUBT;
      case MAXLEN, OTHER -> Origin.DEAD_LETTERED;
    };
  }

  /**
   * Returns whether a quorum queue has delivered the message before; other queues do not report
   * that. {@code x-delivery-count} misses some redeliveries (in RabbitMQ 4.3 those after a
   * consumer's node seemed down). {@code x-acquired-count}, since 4.3, counts them all.
   */
  private static boolean wasDeliveredBefore(Map<String, Object> headers) {
    return headers != null
        && (isPositive(headers.get("x-delivery-count"))
            || isPositive(headers.get("x-acquired-count")));
  }

  private static boolean isPositive(Object count) {
    return count instanceof Number number && number.longValue() > 0;
  }

  /** Returns the reason in the first entry of {@code x-death}, which is the newest. */
  private static DeathReason lastDeath(Map<String, Object> headers) {
    boolean hasDeathEntry =
        headers != null
            && headers.get(X_DEATH) instanceof List<?> deaths
            && !deaths.isEmpty()
            && deaths.get(0) instanceof Map<?, ?>;
    if (!hasDeathEntry) {
      return DeathReason.OTHER;
    }
    Object newest = ((List<?>) headers.get(X_DEATH)).get(0);
    return DeathReason.of(String.valueOf(((Map<?, ?>) newest).get("reason")));
  }
}
