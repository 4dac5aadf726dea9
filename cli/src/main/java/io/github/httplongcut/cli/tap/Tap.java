package io.github.httplongcut.cli.tap;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Consumer;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.protocol.EventType;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * What a tap is on RabbitMQ: the vhost's tracing, which copies every publish to the exchange {@code
 * amq.rabbitmq.trace} with the key {@code publish.<exchange>}, and a queue bound there. The relay's
 * own queues and routing stay as they are. RabbitMQ copies each publish and each delivery of the
 * vhost, about two further messages for each one, so tracing is off unless somebody looks.
 */
final class Tap {

  /** The queue that people look into with the management UI. */
  static final String QUEUE = "tap";

  static final String TRACE_EXCHANGE = "amq.rabbitmq.trace";

  private static final Map<String, Object> QUEUE_ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 1_000, "x-message-ttl", 600_000);

  /** A follower that does not keep up loses its oldest events, and RabbitMQ no memory. */
  private static final Map<String, Object> FOLLOWER_ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 10_000);

  private static final int PREFETCH = 200;

  private final Channel channel;
  private final TracingApi management;

  /** The follower's queue; written by the thread that follows, read by the one that ends it. */
  private volatile String followed;

  Tap(Connection connection, TracingApi management) {
    this.management = management;
    try {
      this.channel = connection.createChannel();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The queue {@link #QUEUE} gets these events, and only these, from now on. */
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

  /** Ends tracing, for whoever may still follow too, and deletes the queue with what is in it. */
  void turnOff() {
    management.setTracing(false);
    try {
      channel.queueDelete(QUEUE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Gives these events to a consumer from now on, through a queue of its own: what is in {@link
   * #QUEUE} stays there for those who look into it.
   */
  void follow(Set<EventType> events, Consumer consumer) {
    try {
      // Exclusive, so it may be transient: RabbitMQ 4.3 refuses only those transient queues that
      // are not.
      String queue = channel.queueDeclare("", false, true, true, FOLLOWER_ARGUMENTS).getQueue();
      followed = queue;
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
   * Ends what {@link #follow} began. Tracing ends with the last one who looks, whoever turned it
   * on: the queue {@link #QUEUE} counts, other followers count, and so does RabbitMQ's own tracing
   * plugin.
   */
  void unfollow() {
    try {
      if (followed != null && channel.isOpen()) {
        channel.queueDelete(followed);
      }
    } catch (IOException | AlreadyClosedException e) {
      // RabbitMQ deletes the queue with the connection.
      followed = null;
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
    return new CommandFailedException("RabbitMQ refuses: " + why, e);
  }
}
