package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A kind of publication that RabbitMQ does not take: it closes the channel, and says why. */
sealed interface Refusal {

  /**
   * RabbitMQ's permissions do not allow it (protocol section 8).
   *
   * @param exchange the exchange
   * @param routingKey the key; empty if no key is allowed
   */
  record Forbidden(String exchange, Optional<String> routingKey) implements Refusal {

    private static final Pattern TOPIC = Pattern.compile("topic '([^']*)' in exchange '([^']+)'");
    private static final Pattern EXCHANGE = Pattern.compile("exchange '([^']+)'");

    private static Optional<Refusal> of(String words) {
      Matcher topic = TOPIC.matcher(words);
      if (topic.find()) {
        return Optional.of(new Forbidden(topic.group(2), Optional.of(topic.group(1))));
      }
      Matcher exchange = EXCHANGE.matcher(words);
      return exchange.find()
          ? Optional.of(new Forbidden(exchange.group(1), Optional.empty()))
          : Optional.empty();
    }

    @Override
    public boolean concerns(Publication publication) {
      return publication.key().exchange().equals(exchange)
          && routingKey.map(key -> key.equals(publication.routingKey())).orElse(true);
    }
  }

  /**
   * It is longer than RabbitMQ's {@code max_message_size}.
   *
   * @param maxBytes that size
   */
  record TooLong(long maxBytes) implements Refusal {

    private static final Pattern SIZES = Pattern.compile("message size \\d+ .* max size (\\d+)");

    private static Optional<Refusal> of(String words) {
      Matcher sizes = SIZES.matcher(words);
      return sizes.find()
          ? Optional.of(new TooLong(Long.parseLong(sizes.group(1))))
          : Optional.empty();
    }

    @Override
    public boolean concerns(Publication publication) {
      return publication.encoded().length > maxBytes;
    }
  }

  int BASIC_CLASS = 60;
  int PUBLISH_METHOD = 40;

  /** The refusal that closed a channel; empty if it was closed for anything else. */
  static Optional<Refusal> of(ShutdownSignalException reason) {
    boolean ofPublish =
        reason != null
            && reason.getReason() instanceof AMQP.Channel.Close close
            && close.getClassId() == BASIC_CLASS
            && close.getMethodId() == PUBLISH_METHOD;
    if (!ofPublish) {
      return Optional.empty();
    }
    AMQP.Channel.Close close = (AMQP.Channel.Close) reason.getReason();
    return switch (close.getReplyCode()) {
      case AMQP.ACCESS_REFUSED -> Forbidden.of(close.getReplyText());
      case AMQP.PRECONDITION_FAILED -> TooLong.of(close.getReplyText());
      default -> Optional.empty();
    };
  }

  /** Returns whether it is about this publication too. */
  boolean concerns(Publication publication);
}
