package io.github.httplongcut.amqp;

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

  int ACCESS_REFUSED = 403;
  int PRECONDITION_FAILED = 406;

  /**
   * Returns the refusal of a {@code basic.publish} that RabbitMQ has answered by closing the
   * channel; empty if the reply says something else.
   */
  static Optional<Refusal> of(int replyCode, String replyText) {
    return switch (replyCode) {
      case ACCESS_REFUSED -> Forbidden.of(replyText);
      case PRECONDITION_FAILED -> TooLong.of(replyText);
      default -> Optional.empty();
    };
  }

  /** Returns whether RabbitMQ would refuse this publication for the same reason. */
  boolean appliesTo(Publication publication);
}
