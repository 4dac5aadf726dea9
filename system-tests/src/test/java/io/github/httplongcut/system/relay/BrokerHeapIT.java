package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A broker's limits bound its heap, even if requests consist of very many small fields. */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class BrokerHeapIT {

  private static final int REQUESTS = 1_500;
  private static final int FIELDS = 900;
  private static final long MIB = 1 << 20;
  private static final long LIMIT = 64 * MIB;

  private static final Pattern OVERLOADED = Pattern.compile("\"code\":\"overloaded\"");

  private final RabbitMq rabbitMq;
  private final AtomicInteger refused = new AtomicInteger();
  private int names;
  private Relay relay;

  BrokerHeapIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin() {
    rabbitMq.purge();
    relay = new Relay(rabbitMq::amqpUri, "BrokerHeap"); // each process has 128 MiB
  }

  @AfterEach
  void end() {
    relay.close();
  }

  /** A field of two characters takes about 150 bytes of heap, so 1,350,000 fields take 200 MiB. */
  @Test
  void manyShortFieldsStayWithinABrokersByteLimit() throws Exception {
    RoleProcess broker =
        relay
            .with("broker.max-in-flight-bytes", LIMIT / MIB + " MiB")
            .with("broker.max-waiting-without-agent", "1000")
            .with("broker.shares.always", "100000") // one target may use the whole limit
            .with("broker.wait-timeout", "60s")
            .broker()
            .awaitReady();
    ProcessId clientId = ProcessId.create(RabbitMqUser.CLIENT_AGENT.login(), "heap");
    try (Connection connection = rabbitMq.connect(RabbitMqUser.CLIENT_AGENT, "BrokerHeapIT")) {
      Channel channel = connection.createChannel();
      channel.confirmSelect();
      consumeErrors(channel, clientId);

      for (int i = 0; i < REQUESTS; i++) {
        publish(channel, request(clientId));
      }
      channel.waitForConfirmsOrDie(Relay.PATIENCE.toMillis());

      await("each request held or refused")
          .atMost(Relay.PATIENCE)
          .until(() -> held(broker) + refused.get() == REQUESTS);
    }

    assertThat(broker.metric("longcut_broker_bytes_in_flight_bytes"))
        .isBetween(LIMIT - 2.0 * MIB, (double) LIMIT);
    assertThat(refused.get()).isPositive();
    assertThat(broker.heapAfterGc()).isBetween(LIMIT / 2.0, 2.0 * LIMIT);
    assertThat(broker.isReady()).isTrue();
    assertThat(broker.output()).doesNotContain("OutOfMemoryError");
  }

  private void consumeErrors(Channel channel, ProcessId clientId) throws Exception {
    ConsumedQueue inbox = Plan.clientAgent(clientId, 0).queues().get(0);
    channel.queueDeclare(inbox.name(), true, false, false, Map.of("x-queue-type", "classic"));
    for (Binding binding : inbox.bindings()) {
      channel.queueBind(inbox.name(), binding.exchange(), binding.routingKey());
    }
    channel.basicConsume(
        inbox.name(),
        true,
        (tag, delivered) -> {
          String text = new String(delivered.getBody(), StandardCharsets.UTF_8);
          refused.addAndGet((int) OVERLOADED.matcher(text).results().count());
        },
        tag -> {});
  }

  private static void publish(Channel channel, Event.ClientRequest request) throws Exception {
    BasicProperties properties =
        new BasicProperties.Builder()
            .type(EventType.CLIENT_REQUEST.wireName())
            .userId(RabbitMqUser.CLIENT_AGENT.login())
            .deliveryMode(1)
            .build();
    channel.basicPublish(
        EventType.CLIENT_REQUEST.wireName(),
        Topology.targetKey(request.request().upstreamTarget(), request.clientId()),
        properties,
        EventCodec.encode(request));
  }

  private Event.ClientRequest request(ProcessId clientId) {
    Headers.Builder fields = Headers.builder();
    for (int i = 0; i < FIELDS; i++) {
      fields.add(
          Integer.toString(names++, Character.MAX_RADIX),
          "v"); // unique names, so that no string is shared
    }
    Request request = new Request("nobody", "GET", "/", fields.build(), Body.ABSENT);
    return new Event.ClientRequest(
        clientId, UUID.randomUUID(), Duration.ofMinutes(1).toMillis(), request);
  }

  private static double held(RoleProcess broker) {
    return broker.metric("longcut_broker_requests");
  }
}
