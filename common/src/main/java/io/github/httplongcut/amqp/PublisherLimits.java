package io.github.httplongcut.amqp;

import java.time.Duration;

/**
 * Limits of a {@link Publisher}.
 *
 * @param confirmTimeout longest time for which RabbitMQ may leave something unanswered
 * @param unconfirmedWindow bytes that RabbitMQ may not have read yet
 * @param cluster true if RabbitMQ has more than one node
 */
record PublisherLimits(Duration confirmTimeout, long unconfirmedWindow, boolean cluster) {

  static PublisherLimits of(AmqpConfig config) {
    return new PublisherLimits(
        config.confirmTimeout(), config.unconfirmedWindow(), config.addresses().size() > 1);
  }
}
