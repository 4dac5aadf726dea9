package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.session.Publication;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A reason for which RabbitMQ rejects publications by closing the channel. */
sealed interface Refusal {

  /**
   * RabbitMQ's permissions forbid the publication (protocol section 8).
   *
   * @param routingKey the forbidden key; empty if every key is forbidden
   */
  record Forbidden(String exchange, Optional<String> routingKey) implements Refusal {

    private static final Pattern TOPIC = Pattern.compile("topic '([^']*)' in exchange '([^']+)'");
    private static final Pattern EXCHANGE = Pattern.compile("exchange '([^']+)'");

    private static Optional<Refusal> of(String replyText) {
      Matcher topic = TOPIC.matcher(replyText);
      if (topic.find()) {
        return Optional.of(new Forbidden(topic.group(2), Optional.of(topic.group(1))));
      }
      Matcher exchange = EXCHANGE.matcher(replyText);
      return exchange.find()
          ? Optional.of(new Forbidden(exchange.group(1), Optional.empty()))
          : Optional.empty();
    }

    @Override
    public boolean appliesTo(Publication publication) {
      return publication.key().exchange().equals(exchange)
          && routingKey.map(key -> key.equals(publication.routingKey())).orElse(true);
    }
  }

  /**
   * The message is longer than RabbitMQ's {@code max_message_size}.
   *
   * @param maxBytes the value of {@code max_message_size}
   */
  record TooLong(long maxBytes) implements Refusal {

    private static final Pattern SIZES = Pattern.compile("message size \\d+ .* max size (\\d+)");

    private static Optional<Refusal> of(String replyText) {
      Matcher sizes = SIZES.matcher(replyText);
      return sizes.find()
          ? Optional.of(new TooLong(Long.parseLong(sizes.group(1))))
          : Optional.empty();
    }

    @Override
    public boolean appliesTo(Publication publication) {
      return publication.encoded().length > maxBytes;
    }
  }

  int BASIC_CLASS = 60;
  int PUBLISH_METHOD = 40;

  /**
   * Returns the refusal that closed a channel; empty if the channel was closed for another reason.
   */
  static Optional<Refusal> of(ShutdownSignalException reason) {
    boolean rejectedPublish =
        reason != null
            && reason.getReason() instanceof AMQP.Channel.Close close
            && close.getClassId() == BASIC_CLASS
            && close.getMethodId() == PUBLISH_METHOD;
    if (!rejectedPublish) {
      return Optional.empty();
    }
    AMQP.Channel.Close close = (AMQP.Channel.Close) reason.getReason();
    return switch (close.getReplyCode()) {
      case AMQP.ACCESS_REFUSED -> Forbidden.of(close.getReplyText());
      case AMQP.PRECONDITION_FAILED -> TooLong.of(close.getReplyText());
      default -> Optional.empty();
    };
  }

  /** Returns whether RabbitMQ would refuse this publication for the same reason. */
  boolean appliesTo(Publication publication);
}
