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

/** Options with RabbitMQ's addresses and logins, for all tap commands. */
final class RabbitAccess {

  private static final int TIMEOUT_MS = 10_000;

  static final String SPECIAL_CHARACTERS =
      "@ written as %40, / as %2F, ? as %3F, # as %23, a comma as %2C and % as %25";

  @Option(
      names = "--amqp",
      paramLabel = "URI",
      defaultValue = "${env:LONGCUT_AMQP_URI}",
      description =
          "amqp://user:password@host:port/vhost of a user with all permissions in the vhost"
              + " (default: LONGCUT_AMQP_URI, else the running demo).")
  private String amqp;

  @Option(
      names = "--management",
      paramLabel = "URL",
      defaultValue = "${env:LONGCUT_MANAGEMENT_URL}",
      description =
          "http://user:password@host:port of the management UI, with an administrator's login"
              + " (default: LONGCUT_MANAGEMENT_URL, else the running demo).")
  private String management;

  /**
   * Connects without automatic recovery: a lost connection ends the tap, because a recovered one
   * would silently miss events.
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
          "RabbitMQ refuses the login of the user '"
              + factory.getUsername()
              + "'; check the user and password in --amqp or LONGCUT_AMQP_URI",
          e);
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
          new URI(required(management, "--management", "LONGCUT_MANAGEMENT_URL")),
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
      configure(factory, new URI(required(amqp, "--amqp", "LONGCUT_AMQP_URI")));
    } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException e) {
      // Without the exception's message, which contains the password.
      throw new CommandFailedException(
          "--amqp: expected amqp://user:password@host:port/vhost, with "
              + SPECIAL_CHARACTERS
              + " in the password",
          e);
    }
    return factory;
  }

  /**
   * Sets the host separately, because the AMQP client replaces a host that it cannot parse, such as
   * one with _, with localhost.
   */
  private static void configure(ConnectionFactory factory, URI uri)
      throws URISyntaxException, GeneralSecurityException {
    Authority authority = Authority.of(uri).orElseThrow(IllegalArgumentException::new);
    if (authority.userInfo().isEmpty() || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(); // for example, the password contains / ? or #
    }
    String port = authority.port() < 0 ? "" : ":" + authority.port();
    String standIn = authority.userInfo().get() + "@localhost" + port;
    factory.setUri(new URI(uri.toString().replace(uri.getRawAuthority(), standIn)));
    factory.setHost(authority.hostName());
  }

  private static String required(String value, String option, String variable) {
    if (value == null || value.isBlank()) {
      throw new CommandFailedException(
          (option + " is missing and " + variable + " is not set; set one of them, or unset")
              + " LONGCUT_AMQP_URI and LONGCUT_MANAGEMENT_URL and start a demo in this checkout");
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
