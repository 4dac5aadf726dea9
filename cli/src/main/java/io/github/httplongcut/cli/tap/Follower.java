package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Consumer that prints the events of its queue, on the consumer thread of the connection. {@link
 * #tick} may run on another thread.
 */
final class Follower extends DefaultConsumer {

  private final TapFilter filter;

  @GuardedBy("this")
  private final TapFormat format;

  private final PrintWriter out;
  private final CompletableFuture<String> ended = new CompletableFuture<>();

  Follower(Channel channel, TapFilter filter, TapFormat format, PrintWriter out) {
    super(channel);
    this.filter = filter;
    this.format = format;
    this.out = out;
  }

  /**
   * Returns a future that completes when the follower prints no more events. Its value is the
   * failure to report; empty if the output was closed or the process is ending.
   */
  CompletableFuture<String> ended() {
    return ended;
  }

  @Override
  public void handleDelivery(
      String consumerTag, Envelope envelope, BasicProperties properties, byte[] body)
      throws IOException {
    print(TracedMessage.of(properties, body), Moment.now());
    getChannel().basicAck(envelope.getDeliveryTag(), false);
  }

  private synchronized void print(TracedMessage message, Moment now) {
    for (JsonNode event : message.events()) {
      if (filter.accepts(event)) {
        format.lines(message, event, now).forEach(out::println);
      }
    }
    flush();
  }

  /** Prints the lines that are due at this time. Called now and then. */
  synchronized void tick(Moment now) {
    List<String> lines = format.linesAt(now);
    lines.forEach(out::println);
    if (!lines.isEmpty()) {
      flush();
    }
  }

  /** Flushes the output, and ends if its reader has closed the pipe. */
  private void flush() {
    if (out.checkError()) {
      ended.complete("");
    }
  }

  @Override
  public void handleCancel(String consumerTag) {
    ended.complete("RabbitMQ has deleted the queue of this tap; start the tap again");
  }

  @Override
  public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
    ended.complete("lost the connection to RabbitMQ: " + signal.getMessage());
  }
}
