package io.github.httplongcut.cli.join;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.config.Authority;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Address of a RabbitMQ node for the processes of a grant, without a login.
 *
 * @param encrypted true for amqps
 * @param address host and port
 * @param vhost the vhost, if the address names one
 */
public record RabbitMqAddress(boolean encrypted, Address address, Optional<String> vhost) {

  private static final int PLAIN_PORT = 5672;
  private static final int TLS_PORT = 5671;
  private static final int MAX_PORT = 65_535;
  private static final int MAX_CHARS = 1_000;

  /**
   * Parses {@code amqp[s]://HOST[:PORT][/VHOST]}.
   *
   * @param origin option or file with the address, for the error message
   * @throws CommandFailedException if the text has another form, or a login
   */
  public static RabbitMqAddress parse(String text, String origin) {
    if (text.length() > MAX_CHARS) {
      throw refused(origin);
    }
    return parsed(text, origin);
  }

  private static RabbitMqAddress parsed(String text, String origin) {
    try {
      URI uri = new URI(text);
      Authority authority = Authority.of(uri).orElseThrow(() -> refused(origin));
      boolean encrypted = "amqps".equals(uri.getScheme());
      int port = authority.port() >= 0 ? authority.port() : encrypted ? TLS_PORT : PLAIN_PORT;
      String path = uri.getRawPath() == null ? "" : uri.getRawPath();
      boolean valid =
          (encrypted || "amqp".equals(uri.getScheme()))
              && authority.userInfo().isEmpty()
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && port > 0
              && port <= MAX_PORT
              && path.indexOf('/', 1) < 0;
      if (!valid) {
        throw refused(origin);
      }
      Optional<String> vhost =
          path.length() <= 1
              ? Optional.empty()
              : Optional.of(
                  URLDecoder.decode(path.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8));
      return new RabbitMqAddress(encrypted, new Address(authority.hostName(), port), vhost);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw refused(origin);
    }
  }

  private static CommandFailedException refused(String origin) {
    // The text is not shown: it may contain a password.
    return CommandFailedException.usage(
        origin
            + ": expected amqp[s]://HOST[:PORT][/VHOST] without user and password, such as"
            + " amqps://rabbit-1.example:5671/longcut");
  }

  /** Returns whether the way to RabbitMQ is not encrypted, and leaves this machine. */
  public boolean isExposed() {
    return !encrypted && !DemoPasswords.isLoopback(address.host());
  }

  /** Returns the address without a vhost, as in a joining file. */
  @Override
  public String toString() {
    return (encrypted ? "amqps://" : "amqp://") + address;
  }

  /** Returns the address for the setting {@code longcut.amqp.uris}, without a password. */
  String uri(String user, String vhost) {
    return (encrypted ? "amqps://" : "amqp://")
        + user
        + '@'
        + address
        + '/'
        + ManagementClient.encoded(vhost);
  }
}
