package io.github.httplongcut.system.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.session.Plan.Binding;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** An AMQP operation that a user attempts on a channel of its own. */
interface Attempt {

  /** Maximum time for RabbitMQ's confirm, in milliseconds. */
  long CONFIRM_TIMEOUT_MS = 10_000;

  /** RabbitMQ's reaction to an attempt. */
  enum Verdict {
    ALLOWED,
    /** The channel is closed with 403. */
    ACCESS_REFUSED,
    /** The channel is closed with 406. */
    PRECONDITION_FAILED
  }

  /** Performs the operation; returns once RabbitMQ has accepted it. */
  void on(Channel channel) throws IOException, InterruptedException, TimeoutException;

  static Attempt declare(String queue) {
    return channel ->
        channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "classic"));
  }

  static Attempt declareNameless() {
    return declare("");
  }

  static Attempt delete(String queue) {
    return channel -> channel.queueDelete(queue);
  }

  static Attempt declareExchange(String exchange) {
    return channel -> channel.exchangeDeclare(exchange, "topic", true);
  }

  static Attempt bind(String queue, String exchange, String routingKey) {
    return channel -> channel.queueBind(queue, exchange, routingKey);
  }

  static Attempt bind(String queue, Binding binding) {
    return channel ->
        channel.queueBind(queue, binding.exchange(), binding.routingKey(), binding.arguments());
  }

  static Attempt bindExchange(String destination, String source, String routingKey) {
    return channel -> channel.exchangeBind(destination, source, routingKey);
  }

  static Attempt unbind(String queue, String exchange, String routingKey) {
    return channel -> channel.queueUnbind(queue, exchange, routingKey);
  }

  static Attempt consume(String queue) {
    return channel -> {
      String tag = channel.basicConsume(queue, false, new DefaultConsumer(channel));
      channel.basicCancel(tag);
    };
  }

  static Attempt get(String queue) {
    return channel -> channel.basicGet(queue, false);
  }

  static Attempt purge(String queue) {
    return channel -> channel.queuePurge(queue);
  }

  static Attempt publish(String exchange, String routingKey) {
    return publish(exchange, routingKey, null);
  }

  /**
   * Publishes an empty message and waits for the confirm.
   *
   * @param userId the message property {@code user-id}; null for none
   */
  static Attempt publish(String exchange, String routingKey, String userId) {
    return channel -> {
      BasicProperties properties = new BasicProperties.Builder().userId(userId).build();
      channel.confirmSelect();
      channel.basicPublish(exchange, routingKey, properties, new byte[0]);
      channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MS);
    };
  }

  /** Performs the operation and returns RabbitMQ's reaction. */
  default Verdict verdict(Channel channel)
      throws IOException, InterruptedException, TimeoutException {
    try {
      on(channel);
      return Verdict.ALLOWED;
    } catch (ShutdownSignalException e) {
      return verdict(e);
    } catch (IOException e) {
      if (e.getCause() instanceof ShutdownSignalException shutdown) {
        return verdict(shutdown);
      }
      throw e;
    }
  }

  private static Verdict verdict(ShutdownSignalException shutdown) {
    if (shutdown.getReason() instanceof AMQP.Channel.Close close) {
      return switch (close.getReplyCode()) {
        case AMQP.ACCESS_REFUSED -> Verdict.ACCESS_REFUSED;
        case AMQP.PRECONDITION_FAILED -> Verdict.PRECONDITION_FAILED;
        default -> throw shutdown;
      };
    }
    throw shutdown;
  }
}
