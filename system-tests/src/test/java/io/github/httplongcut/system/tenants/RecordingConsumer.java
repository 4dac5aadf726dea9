package io.github.httplongcut.system.tenants;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Consumes a tenant's queue with automatic acks and records all messages. */
final class RecordingConsumer implements AutoCloseable {

  /** One message: its exchange, key, AMQP properties and the beginning of its body. */
  record ReceivedMessage(String exchange, String key, BasicProperties properties, String body) {}

  private static final int KEPT_CHARS = 4_096;

  private final Connection connection;
  private final List<ReceivedMessage> received = new CopyOnWriteArrayList<>();

  RecordingConsumer(Tenant tenant, String queue) {
    connection = tenant.connect();
    try {
      Channel channel = connection.createChannel();
      channel.basicConsume(
          queue,
          true,
          new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(
                String tag, Envelope envelope, BasicProperties properties, byte[] body) {
              int length = Math.min(body.length, KEPT_CHARS);
              String text = new String(body, 0, length, StandardCharsets.UTF_8);
              received.add(
                  new ReceivedMessage(
                      envelope.getExchange(), envelope.getRoutingKey(), properties, text));
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The messages received so far. */
  List<ReceivedMessage> received() {
    return received;
  }

  @Override
  public void close() {
    connection.abort();
  }
}
