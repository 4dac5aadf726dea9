package io.github.httplongcut.cli.sources;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.cli.output.PlainText;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/** Describes exceptions of connections for the user. */
public final class Reasons {

  private Reasons() {}

  /** Returns the first message in the chain of causes, with its kind if the message needs that. */
  public static String of(Throwable failure) {
    Throwable cause = failure;
    while (cause.getMessage() == null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ShutdownSignalException signal
        && signal.getReason() instanceof AMQP.Connection.Close close) {
      return "RabbitMQ says: " + PlainText.of(close.getReplyText());
    }
    if (cause instanceof UnknownHostException) {
      return "unknown host";
    }
    String message = PlainText.of(cause.getMessage());
    if (cause instanceof SSLException) {
      return "TLS failed: " + message;
    }
    return message.isEmpty() ? cause.getClass().getSimpleName() : message;
  }
}
