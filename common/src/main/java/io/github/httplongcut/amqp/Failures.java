package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.net.ConnectException;
import java.net.UnknownHostException;

/** Classifies and describes failures of connections and channels to RabbitMQ. */
final class Failures {

  private Failures() {}

  /** Returns whether RabbitMQ closed the channel with 404: not found, or on a node that is down. */
  static boolean isNotFound(Throwable failure) {
    return failure.getCause() instanceof ShutdownSignalException signal
        && signal.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == AMQP.NOT_FOUND;
  }

  /** Returns whether RabbitMQ closed the connection with 530: a limit of the user is exceeded. */
  static boolean isNotAllowed(ShutdownSignalException reason) {
    return reason != null
        && reason.getReason() instanceof AMQP.Connection.Close close
        && close.getReplyCode() == AMQP.NOT_ALLOWED;
  }

  /** Returns a description for the log, with the remedy if it is known. */
  static String describe(Throwable failure) {
    if (failure instanceof AuthenticationFailureException) {
      return "RabbitMQ rejected the user or password; check the AMQP URI, or the password file";
    }
    if (failure instanceof PossibleAuthenticationFailureException) {
      return "RabbitMQ closed the connection during login; check user, password and vhost in the"
          + " AMQP URI";
    }
    if (failure instanceof LoginException) {
      return failure.getMessage();
    }
    if (failure instanceof ConnectException) {
      return "cannot connect; check that RabbitMQ runs and that host and port in the AMQP URI are"
          + " right: "
          + failure.getMessage();
    }
    if (failure instanceof UnknownHostException) {
      return "unknown host " + failure.getMessage();
    }
    Throwable cause = failure.getCause();
    if (cause != null && (failure.getMessage() == null || failure.getMessage().isBlank())) {
      return describe(cause);
    }
    String message = failure.getMessage() == null ? "" : ": " + failure.getMessage();
    String because = cause == null ? "" : "; cause: " + describe(cause);
    return failure.getClass().getSimpleName() + message + because;
  }
}
