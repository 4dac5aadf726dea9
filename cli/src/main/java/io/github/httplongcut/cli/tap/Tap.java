package io.github.httplongcut.cli.tap;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Consumer;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.protocol.EventType;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * Turns tracing on and off, and manages the queues for traced messages.
 *
 * <p>With tracing, RabbitMQ publishes a copy of each message to the exchange {@code
 * amq.rabbitmq.trace} with the routing key {@code publish.<exchange>}. A queue bound there receives
 * the copies; the relay's own queues and routing do not change. RabbitMQ copies each publish and
 * each delivery in the vhost, which adds about two messages for each message. So tracing is on only
 * while it is used.
 */
final class Tap {

  /** Queue whose messages the management UI shows. */
  static final String QUEUE = "tap";

  static final String TRACE_EXCHANGE = "amq.rabbitmq.trace";

  private static final Map<String, Object> QUEUE_ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 1_000, "x-message-ttl", 600_000);

  /**
   * Limited length, so that a slow follower loses its oldest events instead of filling RabbitMQ's
   * memory.
   */
  private static final Map<String, Object> FOLLOWER_ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 10_000);

  private static final int PREFETCH = 200;

  private final Channel channel;
  private final ManagementClient management;

  /**
   * Name of the follower's queue. Written by the thread that follows, read by the shutdown hook.
   */
  private volatile String followerQueue;

  Tap(Connection connection, ManagementClient management) {
    this.management = management;
    try {
      this.channel = connection.createChannel();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Binds the queue {@link #QUEUE} to these events only, and turns tracing on. */
  void turnOn(Set<EventType> events) {
    try {
      channel.queueDeclare(QUEUE, true, false, false, QUEUE_ARGUMENTS);
      for (EventType event : EventType.values()) {
        if (events.contains(event)) {
          channel.queueBind(QUEUE, TRACE_EXCHANGE, traceKey(event));
        } else {
          channel.queueUnbind(QUEUE, TRACE_EXCHANGE, traceKey(event));
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
    if (!management.tracing()) {
      management.setTracing(true);
    }
  }

  /**
   * Turns tracing off, also for running followers, and deletes the queue {@link #QUEUE} with its
   * messages.
   */
  void turnOff() {
    management.setTracing(false);
    try {
      channel.queueDelete(QUEUE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Delivers these events to a consumer, and turns tracing on. Uses a separate queue, so that the
   * messages in {@link #QUEUE} remain.
   */
  void follow(Set<EventType> events, Consumer consumer) {
    try {
      // Exclusive, because RabbitMQ 4.3 rejects transient queues that are not exclusive.
      String queue = channel.queueDeclare("", false, true, true, FOLLOWER_ARGUMENTS).getQueue();
      followerQueue = queue;
      for (EventType event : events) {
        channel.queueBind(queue, TRACE_EXCHANGE, traceKey(event));
      }
      channel.basicQos(PREFETCH);
      channel.basicConsume(queue, false, consumer);
    } catch (IOException e) {
      throw failed(e);
    }
    if (!management.tracing()) {
      management.setTracing(true);
    }
  }

  /**
   * Ends {@link #follow}. Turns tracing off if nothing else is bound to the trace exchange: {@link
   * #QUEUE}, another follower or RabbitMQ's tracing plugin.
   */
  void unfollow() {
    try {
      if (followerQueue != null && channel.isOpen()) {
        channel.queueDelete(followerQueue);
      }
    } catch (IOException | AlreadyClosedException e) {
      // RabbitMQ deletes the queue with the connection.
      followerQueue = null;
    }
    if (management.bindingsOf(TRACE_EXCHANGE) == 0) {
      management.setTracing(false);
    }
  }

  Channel channel() {
    return channel;
  }

  private static String traceKey(EventType event) {
    return "publish." + event.wireName();
  }

  private static CommandFailedException failed(IOException e) {
    String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    return new CommandFailedException("RabbitMQ refuses the operation: " + why, e);
  }
}
