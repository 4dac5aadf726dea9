package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.concurrent.CompletableFuture;

/** Prints the events of a follower's queue as they come, on the connection's consumer thread. */
final class Follower extends DefaultConsumer {

  private final TapFilter filter;
  private final PrintWriter out;
  private final CompletableFuture<String> ended = new CompletableFuture<>();

  Follower(Channel channel, TapFilter filter, PrintWriter out) {
    super(channel);
    this.filter = filter;
    this.out = out;
  }

  /**
   * Completed once nothing will be printed any more: with the reason, empty if nobody reads what we
   * print.
   */
  CompletableFuture<String> ended() {
    return ended;
  }

  @Override
  public void handleDelivery(
      String consumerTag, Envelope envelope, BasicProperties properties, byte[] body)
      throws IOException {
    TracedMessage message = TracedMessage.of(properties, body);
    for (JsonNode event : message.events()) {
      if (filter.accepts(event)) {
        out.println(TapLine.of(message, event, LocalTime.now(ZoneId.systemDefault())));
      }
    }
    // checkError flushes, and tells of a pipe whose reader left.
    if (out.checkError()) {
      ended.complete("");
    }
    getChannel().basicAck(envelope.getDeliveryTag(), false);
  }

  @Override
  public void handleCancel(String consumerTag) {
    ended.complete("RabbitMQ deleted the queue of this tap");
  }

  @Override
  public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
    ended.complete("the connection to RabbitMQ is lost: " + signal.getMessage());
  }
}
