package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What RabbitMQ's permissions do not let us publish (protocol section 8). RabbitMQ says so by
 * closing the channel, with the exchange and, for a topic permission, the routing key in its words.
 *
 * @param exchange the exchange
 * @param routingKey the key; empty if no key is allowed
 */
record Refusal(String exchange, Optional<String> routingKey) {

  private static final int BASIC_CLASS = 60;
  private static final int PUBLISH_METHOD = 40;
  private static final Pattern TOPIC = Pattern.compile("topic '([^']*)' in exchange '([^']+)'");
  private static final Pattern EXCHANGE = Pattern.compile("exchange '([^']+)'");

  /** The refusal that closed a channel; empty if it was closed for anything else. */
  static Optional<Refusal> of(ShutdownSignalException reason) {
    boolean refused =
        reason != null
            && reason.getReason() instanceof AMQP.Channel.Close close
            && close.getReplyCode() == AMQP.ACCESS_REFUSED
            && close.getClassId() == BASIC_CLASS
            && close.getMethodId() == PUBLISH_METHOD;
    if (!refused) {
      return Optional.empty();
    }
    String words = ((AMQP.Channel.Close) reason.getReason()).getReplyText();
    Matcher topic = TOPIC.matcher(words);
    if (topic.find()) {
      return Optional.of(new Refusal(topic.group(2), Optional.of(topic.group(1))));
    }
    Matcher exchange = EXCHANGE.matcher(words);
    return exchange.find()
        ? Optional.of(new Refusal(exchange.group(1), Optional.empty()))
        : Optional.empty();
  }

  /** Whether it is about this publication too. */
  boolean concerns(Publication publication) {
    return publication.key().exchange().equals(exchange)
        && routingKey.map(key -> key.equals(publication.routingKey())).orElse(true);
  }
}
