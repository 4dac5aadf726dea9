package io.github.httplongcut.system.faults;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.github.httplongcut.protocol.EventType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** Messages that no process of the relay sends, published by a user with all permissions. */
final class Garbage {

  /**
   * The largest message that RabbitMQ accepts (rabbitmq.conf), in bytes: twice the size limit for a
   * body.
   */
  private static final int OVERSIZE = 8 << 20;

  private static final String ADMIN = "admin";

  private static final String REQUEST =
      """
      {"client_id":"client-agent.x-aaaaaa","client_req_id":"3d0f2e5a-52b4-4d3c-9a2e-0a4f1e6f7a01",
       "broker_id":"broker.x-aaaaaa","broker_req_id":"3d0f2e5a-52b4-4d3c-9a2e-0a4f1e6f7a02",
       "upstream_req_id":"3d0f2e5a-52b4-4d3c-9a2e-0a4f1e6f7a03","upstream_id":"upstream-agent.x-aaaaaa",
       "client_req_ttl":9000,"broker_req_ttl":9000,"upstream_target":"echo","method":"POST",
       "url":"/garbage","headers":{},"state":"ready","capacity":100,"in_flight":0,"interval_ms":500,
       "version":"9","status_code":200,"future_field":{"a":[1,2]},
       "error":{"code":"not_run","message":"x","hop":"broker"}}""";

  private Garbage() {}

  /** Publishes messages of each kind to the queue. */
  static void publish(Channel channel, String queue, Random random) throws IOException {
    byte[] noise = new byte[2_000];
    random.nextBytes(noise);
    send(channel, queue, null, noise);
    send(channel, queue, null, new byte[0]);
    send(channel, queue, event("no_such_event"), utf8("{}"));
    send(channel, queue, event("no_such_event").builder().type(null).build(), utf8("{}"));
    send(channel, queue, event("client_request"), utf8("[".repeat(20_000)));
    send(channel, queue, event("client_request").builder().userId(null).build(), utf8(REQUEST));
    for (EventType type : EventType.values()) {
      BasicProperties properties = event(type.wireName());
      send(channel, queue, properties, utf8(REQUEST)); // well-formed, but with the wrong user
      send(channel, queue, properties, utf8("[" + REQUEST + "," + REQUEST + "]"));
      byte[] whole = utf8(REQUEST);
      send(channel, queue, properties, Arrays.copyOf(whole, random.nextInt(whole.length)));
      send(channel, queue, properties, utf8("[]"));
      send(channel, queue, properties, noise);
    }
    byte[] large = new byte[OVERSIZE];
    Arrays.fill(large, (byte) ' ');
    send(channel, queue, event("broker_response"), large);
  }

  /** The properties of an event message, and AMQP headers that the relay never sends. */
  private static BasicProperties event(String type) {
    return new BasicProperties.Builder()
        .contentType("application/json")
        .type(type)
        .appId("http-longcut")
        .userId(ADMIN)
        .deliveryMode(1)
        .messageId("nobody/x")
        .headers(Map.of("broker_id", 7, "orphaned", "perhaps", "x-death", "none"))
        .build();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void send(Channel channel, String queue, BasicProperties properties, byte[] body)
      throws IOException {
    channel.basicPublish("", queue, properties, body);
  }
}
