package io.github.httplongcut.system.faults;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A tenant that sends 500 requests a second for a target that has no upstream agent. */
final class TenantFlood implements AutoCloseable {

  private static final int REQUESTS_AT_ONCE = 25;
  private static final int MILLIS_BETWEEN = 50;
  private static final long TTL_MILLIS = 10_000;
  private static final String TARGET = "nobodys";
  private static final ProcessId ID = new ProcessId(RabbitMqUser.ADMIN.login(), "flood-aaaaaa");

  private final Connection connection;
  private final Channel channel;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  private TenantFlood(Connection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
  }

  /** Starts a flood that bypasses the bench's proxies. */
  static TenantFlood begin(FaultBench bench) {
    try {
      Connection connection = bench.rabbitMq().connect(RabbitMqUser.ADMIN, "flood");
      TenantFlood flood = new TenantFlood(connection, connection.createChannel());
      var unused =
          flood.clock.scheduleAtFixedRate(
              flood::publishBatch, 0, MILLIS_BETWEEN, TimeUnit.MILLISECONDS);
      return flood;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Publishes one batch. An exception means that another fault has closed the connection; it ends
   * the flood.
   */
  private void publishBatch() {
    BasicProperties properties =
        new BasicProperties.Builder()
            .contentType("application/json")
            .appId("http-longcut")
            .type(EventType.CLIENT_REQUEST.wireName())
            .userId(RabbitMqUser.ADMIN.login())
            .expiration(Long.toString(TTL_MILLIS))
            .build();
    try {
      for (int i = 0; i < REQUESTS_AT_ONCE; i++) {
        Request request = new Request(TARGET, "POST", "/", Headers.EMPTY, Body.ABSENT);
        ClientRequest event = new ClientRequest(ID, UUID.randomUUID(), TTL_MILLIS, request);
        channel.basicPublish(
            EventType.CLIENT_REQUEST.wireName(),
            Topology.targetKey(TARGET, ID),
            properties,
            EventCodec.encode(event));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    connection.abort();
  }
}
