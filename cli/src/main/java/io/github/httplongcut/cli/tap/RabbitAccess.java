package io.github.httplongcut.cli.tap;

import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Authority;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Option;

/** Where RabbitMQ is and who we are there: the options that every form of the tap takes. */
final class RabbitAccess {

  private static final int TIMEOUT_MS = 10_000;

  static final String SPECIAL_CHARACTERS =
      "@ written as %40, / as %2F, ? as %3F, # as %23, a comma as %2C and % as %25";

  @Option(
      names = "--amqp",
      paramLabel = "URI",
      defaultValue = "${env:LONGCUT_AMQP_URI}",
      description =
          "amqp://user:password@host:port/vhost of a user with every right in the vhost"
              + " (default: LONGCUT_AMQP_URI, else the demo that runs)")
  private String amqp;

  @Option(
      names = "--management",
      paramLabel = "URL",
      defaultValue = "${env:LONGCUT_MANAGEMENT_URL}",
      description =
          "http://user:password@host:port of the management UI; the user is an administrator"
              + " (default: LONGCUT_MANAGEMENT_URL, else the demo that runs)")
  private String management;

  /**
   * A connection that does not recover: a tap that misses events without a word is worse than one
   * that ends.
   */
  Connection connect() {
    ConnectionFactory factory = factory();
    factory.setAutomaticRecoveryEnabled(false);
    factory.setConnectionTimeout(TIMEOUT_MS);
    factory.setChannelRpcTimeout(TIMEOUT_MS);
    try {
      return factory.newConnection("longcut tap");
    } catch (AuthenticationFailureException e) {
      throw new CommandFailedException(
          "RabbitMQ refuses the login of '" + factory.getUsername() + "'", e);
    } catch (IOException | TimeoutException e) {
      throw new CommandFailedException(
          "cannot connect to RabbitMQ at "
              + (factory.getHost() + ":" + factory.getPort() + ", vhost ")
              + (factory.getVirtualHost() + ": " + reason(e)),
          e);
    }
  }

  TracingApi management() {
    try {
      return new TracingApi(
          new URI(given(management, "--management", "LONGCUT_MANAGEMENT_URL")),
          factory().getVirtualHost());
    } catch (URISyntaxException e) {
      throw new CommandFailedException(
          "--management: expected http://user:password@host:port, with "
              + SPECIAL_CHARACTERS
              + " in the password",
          e);
    }
  }

  private ConnectionFactory factory() {
    ConnectionFactory factory = new ConnectionFactory();
    try {
      configure(factory, new URI(given(amqp, "--amqp", "LONGCUT_AMQP_URI")));
    } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException e) {
      // Not the exception's own words: they hold the password.
      throw new CommandFailedException(
          "--amqp: expected amqp://user:password@host:port/vhost, with "
              + SPECIAL_CHARACTERS
              + " in the password",
          e);
    }
    return factory;
  }

  /** The AMQP client takes a host that it cannot read, such as one with _, for localhost. */
  private static void configure(ConnectionFactory factory, URI uri)
      throws URISyntaxException, GeneralSecurityException {
    Authority authority = Authority.of(uri).orElseThrow(IllegalArgumentException::new);
    if (authority.userInfo().isEmpty() || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(); // what is left of a password with / ? or # in it
    }
    String port = authority.port() < 0 ? "" : ":" + authority.port();
    String standIn = authority.userInfo().get() + "@localhost" + port;
    factory.setUri(new URI(uri.toString().replace(uri.getRawAuthority(), standIn)));
    factory.setHost(authority.hostName());
  }

  private static String given(String value, String option, String variable) {
    if (value == null || value.isBlank()) {
      throw new CommandFailedException(
          "which RabbitMQ? No demo runs here; give " + option + " or set " + variable);
    }
    return value;
  }

  private static String reason(Exception e) {
    Throwable cause = e;
    while (cause.getMessage() == null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
