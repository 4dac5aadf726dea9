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
 * Messages that a tenant lets die in a queue of its own. RabbitMQ routes a dead letter with the key
 * that the queue's owner chose and checks no topic permission.
 */
final class DeadLetters {

  /** Ways to die. */
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

  /** What may stand in the header {@code x-death} before a message dies. */
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
   * A queue in which everything dies that way.
   *
   * @param key of the dead letters; null to leave each its own
   */
  private String grave(Death death, String queueType, String exchange, String key) {
    Map<String, Object> arguments = new HashMap<>(death.arguments());
    arguments.put("x-queue-type", queueType);
    arguments.put("x-dead-letter-exchange", exchange);
    if (key != null) {
      arguments.put("x-dead-letter-routing-key", key);
    }
    return tenant.queue(arguments);
  }

  /**
   * Has events die, each with each forgery, and come out of that exchange with that key.
   *
   * @param events named by what {@code FORGERIES} they carry, so that a test can say which passed
   */
  void send(Death death, String queueType, String exchange, String key, List<Event> events) {
    String grave = grave(death, queueType, exchange, key);
    String entrance = tenant.exchangeFor(grave);
    tenant.does(
        channel -> {
          for (int i = 0; i < events.size(); i++) {
            tenant.publish(channel, entrance, key, events.get(i), FORGERIES.get(i));
          }
          channel.waitForConfirms();
          finish(death, channel, grave, events.get(events.size() - 1), entrance);
        });
  }

  private void finish(Death death, Channel channel, String grave, Event last, String entrance)
      throws IOException {
    if (death == Death.MAXLEN) {
      tenant.publish(channel, entrance, "", last, Map.of()); // pushes the one before out
    } else if (death == Death.REJECTED) {
      for (GetResponse each = channel.basicGet(grave, false);
          each != null;
          each = channel.basicGet(grave, false)) {
        channel.basicReject(each.getEnvelope().getDeliveryTag(), false);
      }
    }
  }

  /**
   * Has events expire at once and come out of that exchange, each with the key it was sent with.
   */
  void sendWithOwnKeys(String exchange, Map<String, Event> events) {
    String entrance = tenant.exchangeFor(grave(Death.EXPIRED, "classic", exchange, null));
    tenant.does(
        channel -> {
          for (Map.Entry<String, Event> each : events.entrySet()) {
            tenant.publish(channel, entrance, each.getKey(), each.getValue(), Map.of());
          }
        });
  }

  /** Requests for the foreign target, as many as there are forgeries. */
  List<Event> foreignRequests(String what) {
    List<Event> requests = new ArrayList<>();
    for (int i = 0; i < FORGERIES.size(); i++) {
      requests.add(Events.request(tenant.id(), TenantScene.FOREIGN, what + "/forgery-" + i));
    }
    return requests;
  }

  /** Several events as one message. */
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
