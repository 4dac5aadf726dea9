package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.net.ConnectException;
import java.net.UnknownHostException;

/** Says in a sentence what went wrong with RabbitMQ, and where it is plain, what to do. */
final class Failures {

  private Failures() {}

  /** Whether RabbitMQ closed the channel because something is not there, or its node is down. */
  static boolean isNotFound(Throwable failure) {
    return failure.getCause() instanceof ShutdownSignalException signal
        && signal.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == AMQP.NOT_FOUND;
  }

  /** Returns whether RabbitMQ closed a connection because its user may not have that much. */
  static boolean isNotAllowed(ShutdownSignalException reason) {
    return reason != null
        && reason.getReason() instanceof AMQP.Connection.Close close
        && close.getReplyCode() == AMQP.NOT_ALLOWED;
  }

  static String describe(Throwable failure) {
    if (failure instanceof AuthenticationFailureException) {
      return "RabbitMQ refuses this user or password; check the AMQP URI";
    }
    if (failure instanceof PossibleAuthenticationFailureException) {
      return "RabbitMQ hung up during login; check user, password and vhost in the AMQP URI";
    }
    if (failure instanceof ConnectException) {
      return "nobody listens there: " + failure.getMessage();
    }
    if (failure instanceof UnknownHostException) {
      return "unknown host " + failure.getMessage();
    }
    Throwable cause = failure.getCause();
    if (cause != null && (failure.getMessage() == null || failure.getMessage().isBlank())) {
      return describe(cause);
    }
    String message = failure.getMessage() == null ? "" : ": " + failure.getMessage();
    String because = cause == null ? "" : ", because " + describe(cause);
    return failure.getClass().getSimpleName() + message + because;
  }
}
