package io.github.httplongcut.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.impl.StrictExceptionHandler;
import io.github.httplongcut.logging.LogText;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs why a connection was lost, in one line. The client library would log an error with a stack
 * trace, for example whenever RabbitMQ closes a TLS connection.
 */
final class DriverExceptionLog extends StrictExceptionHandler {

  private static final Logger log = LoggerFactory.getLogger(DriverExceptionLog.class);

  @Override
  public void handleUnexpectedConnectionDriverException(Connection connection, Throwable why) {
    if (why instanceof IOException) {
      log.warn("event=amqp_lost why={}", LogText.quoted(Failures.describe(why)));
    } else {
      super.handleUnexpectedConnectionDriverException(connection, why);
    }
  }
}
