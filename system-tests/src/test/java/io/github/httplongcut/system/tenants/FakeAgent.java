package io.github.httplongcut.system.tenants;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** An upstream agent of plant for its own target that never sends a response. */
final class FakeAgent implements AutoCloseable {

  private static final long INTERVAL_MS = 300;

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Connection connection;
  private final Tenant plant;

  /** Starts to send heartbeats with this capacity. */
  FakeAgent(Tenant plant, int capacity) {
    this.plant = plant;
    this.connection = plant.connect();
    ProcessId id = plant.id();
    String key = Topology.targetKey(Tenant.TARGET, id);
    var unused =
        clock.scheduleWithFixedDelay(
            () ->
                plant.run(
                    channel ->
                        plant.publish(
                            channel,
                            "upstream_heartbeat",
                            key,
                            TenantEvents.heartbeat(id, Tenant.TARGET, capacity, INTERVAL_MS),
                            Map.of())),
            0,
            INTERVAL_MS,
            TimeUnit.MILLISECONDS);
  }

  /** Consumes an inbox and sends a {@code broker_request_ack} for every dispatch. */
  FakeAgent takeAllOf(String inbox) throws IOException {
    Channel channel = connection.createChannel();
    channel.basicConsume(
        inbox,
        true,
        new DefaultConsumer(channel) {
          @Override
          public void handleDelivery(
              String tag, Envelope envelope, BasicProperties properties, byte[] body)
              throws IOException {
            if ("broker_request".equals(properties.getType())) {
              ack(channel, body);
            }
          }
        });
    return this;
  }

  private void ack(Channel channel, byte[] body) throws IOException {
    try {
      for (Event each : EventCodec.decode(EventType.BROKER_REQUEST, body)) {
        BrokerRequest request = (BrokerRequest) each;
        Event ack = new BrokerRequestAck(request.brokerReqId(), UUID.randomUUID(), plant.id());
        String broker = request.brokerId().toString();
        plant.publish(channel, "broker_request_ack", broker, ack, Map.of());
      }
    } catch (MalformedEventException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    connection.abort();
  }
}
