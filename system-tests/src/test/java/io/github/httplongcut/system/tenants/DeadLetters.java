package io.github.httplongcut.system.tenants;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Attacks with messages that become dead letters in a tenant's own queue. RabbitMQ routes a dead
 * letter with a key that the owner of the queue chooses, and does not check topic permissions.
 */
final class DeadLetters {

  /** A reason for dead-lettering. */
  enum Death {
    EXPIRED,
    REJECTED,
    MAXLEN;

    private Map<String, Object> arguments() {
      return switch (this) {
        case EXPIRED -> Map.of("x-message-ttl", 0);
        case REJECTED -> Map.of();
        case MAXLEN -> Map.of("x-max-length", 1);
      };
    }
  }

  /** Headers of messages before they are dead-lettered, with forged values of {@code x-death}. */
  static final List<Map<String, Object>> FORGERIES =
      List.of(
          Map.of(),
          Map.of("x-death", "rejected"),
          Map.of("x-death", List.of()),
          Map.of("x-death", Map.of("reason", "rejected")),
          Map.of(
              "x-death",
              List.of(
                  Map.of(
                      "reason",
                      "rejected",
                      "queue",
                      "client_request",
                      "exchange",
                      "client_request",
                      "count",
                      1L,
                      "routing-keys",
                      List.of("k")))));

  private final Tenant tenant;

  DeadLetters(Tenant tenant) {
    this.tenant = tenant;
  }

  /**
   * Declares a queue that dead-letters every message.
   *
   * @param key the routing key of the dead letters; null to keep the key of each message
   */
  private String sourceQueue(Death death, String queueType, String exchange, String key) {
    Map<String, Object> arguments = new HashMap<>(death.arguments());
    arguments.put("x-queue-type", queueType);
    arguments.put("x-dead-letter-exchange", exchange);
    if (key != null) {
      arguments.put("x-dead-letter-routing-key", key);
    }
    return tenant.queue(arguments);
  }

  /**
   * Sends events that are dead-lettered to an exchange with a key.
   *
   * @param events one for each of {@link #FORGERIES}; their paths name the forgery, so that a test
   *     can tell which one passed
   */
  void send(Death death, String queueType, String exchange, String key, List<Event> events) {
    String sourceQueue = sourceQueue(death, queueType, exchange, key);
    String feedExchange = tenant.exchangeFor(sourceQueue);
    tenant.run(
        channel -> {
          for (int i = 0; i < events.size(); i++) {
            tenant.publish(channel, feedExchange, key, events.get(i), FORGERIES.get(i));
          }
          channel.waitForConfirms();
          finish(death, channel, sourceQueue, events.get(events.size() - 1), feedExchange);
        });
  }

  private void finish(
      Death death, Channel channel, String sourceQueue, Event last, String feedExchange)
      throws IOException {
    if (death == Death.MAXLEN) {
      tenant.publish(channel, feedExchange, "", last, Map.of()); // displaces the message before it
    } else if (death == Death.REJECTED) {
      for (GetResponse each = channel.basicGet(sourceQueue, false);
          each != null;
          each = channel.basicGet(sourceQueue, false)) {
        channel.basicReject(each.getEnvelope().getDeliveryTag(), false);
      }
    }
  }

  /**
   * Sends events that expire at once and are dead-lettered to an exchange.
   *
   * @param events by routing key, which the dead letters keep
   */
  void sendWithOwnKeys(String exchange, Map<String, Event> events) {
    String feedExchange = tenant.exchangeFor(sourceQueue(Death.EXPIRED, "classic", exchange, null));
    tenant.run(
        channel -> {
          for (Map.Entry<String, Event> each : events.entrySet()) {
            tenant.publish(channel, feedExchange, each.getKey(), each.getValue(), Map.of());
          }
        });
  }

  /** Requests for the foreign target, one for each of {@link #FORGERIES}. */
  List<Event> foreignRequests(String suffix) {
    List<Event> requests = new ArrayList<>();
    for (int i = 0; i < FORGERIES.size(); i++) {
      requests.add(
          TenantEvents.request(tenant.id(), TenantTestbed.FOREIGN, suffix + "/forgery-" + i));
    }
    return requests;
  }

  /** Publishes several events as one message. */
  void publishArray(Channel channel, String exchange, String key, String type, List<Event> events)
      throws IOException {
    BasicProperties properties = tenant.properties(type).build();
    channel.basicPublish(
        exchange,
        key,
        properties,
        EventCodec.join(events.stream().map(EventCodec::encode).toList()));
  }
}
