package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Consumer;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes to a consuming channel: declares and binds queues, starts and cancels consumers, writes
 * acks, rejections and fences. Used by the link's thread only, which may block in every method.
 */
final class ConsumerWriter {

  private final Channel channel;
  private final Plan plan;
  private final int priority;
  private final Fence fence;

  /**
   * Creates a writer for a new channel.
   *
   * @param plan the process's queues
   * @param priority priority of the consumers of the process's own queues. It must rise with each
   *     channel, so that RabbitMQ prefers the newest consumers to those of a dead connection
   */
  ConsumerWriter(Channel channel, Plan plan, int priority) {
    this.channel = channel;
    this.plan = plan;
    this.priority = priority;
    this.fence = new Fence(channel);
  }

  /**
   * Declares one of the process's own queues.
   *
   * @throws IOException among others, one for which {@link Failures#isNotFound} is true: the queue
   *     exists, but its node is down
   */
  void declare(ConsumedQueue queue) throws IOException {
    channel.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "classic"));
  }

  /** Binds one of the process's own queues. */
  void bind(ConsumedQueue queue) throws IOException {
    for (Binding binding : queue.bindings()) {
      channel.queueBind(
          queue.name(), binding.exchange(), binding.routingKey(), binding.arguments());
    }
  }

  /**
   * Starts and cancels consumers, in order.
   *
   * @param readers gives a queue's name a consumer for its messages
   */
  void apply(List<Consumers.Change> changes, Function<String, Consumer> readers)
      throws IOException {
    for (Consumers.Change change : changes) {
      if (change.started().isPresent()) {
        start(change.queue(), change.started().get(), readers.apply(change.queue()));
      }
      for (String tag : change.cancelledTags()) {
        channel.basicCancel(tag);
      }
    }
  }

  private void start(String queue, Consumers.ActiveConsumer started, Consumer reader)
      throws IOException {
    channel.basicQos(started.prefetch());
    channel.basicConsume(queue, false, started.tag(), false, false, arguments(queue), reader);
  }

  /**
   * Returns the consumer's arguments: a priority for the process's own queues; none for shared
   * queues, whose consumers are equals.
   */
  private Map<String, Object> arguments(String name) {
    boolean isOwn = plan.ownQueues().stream().anyMatch(queue -> queue.name().equals(name));
    return isOwn ? Map.of("x-priority", priority) : Map.of();
  }

  /** Writes rejections and acks. */
  void write(PendingAcks.Writes writes) throws IOException {
    for (long tag : writes.rejections()) {
      channel.basicReject(tag, false);
    }
    for (DeliveryTags.Ack ack : writes.acks()) {
      channel.basicAck(ack.tag(), ack.multiple());
    }
  }

  /**
   * Sends a fence; none may be outstanding.
   *
   * @param whenAnswered called on the connection's reader thread when RabbitMQ replies, or never
   */
  void fence(Runnable whenAnswered) throws IOException {
    fence.send(whenAnswered);
  }
}
