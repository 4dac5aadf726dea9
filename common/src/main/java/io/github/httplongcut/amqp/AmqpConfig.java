package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Settings;
import io.github.httplongcut.tls.TlsContexts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings of the connections to RabbitMQ, {@code longcut.amqp}.
 *
 * @param addresses nodes of one RabbitMQ cluster, at least one; the process connects to any of them
 * @param user the RabbitMQ user; of a role, a name of docs/protocol.md section 1
 * @param login the user's password, or the file with it
 * @param virtualHost RabbitMQ's vhost
 * @param tls the TLS settings; empty for a connection without TLS
 * @param heartbeat the AMQP heartbeat, whole seconds
 * @param connectionTimeout timeout of the TCP connection, and again of the AMQP handshake
 * @param confirmTimeout longest wait for a confirm; after that the connection is replaced, or a
 *     message to a tenant's inbox is given up ({@link Unconfirmed})
 * @param reconnectBackoffMax longest pause between two attempts to connect
 * @param unconfirmedWindow limit of bytes sent to RabbitMQ that it has neither confirmed nor shown
 *     to have read; a message larger than this is sent once there are no other such bytes
 */
public record AmqpConfig(
    List<Address> addresses,
    String user,
    AmqpLogin login,
    String virtualHost,
    Optional<Tls> tls,
    Duration heartbeat,
    Duration connectionTimeout,
    Duration confirmTimeout,
    Duration reconnectBackoffMax,
    long unconfirmedWindow) {

  /**
   * Longest time for which a process may leave a delivery unacked: RabbitMQ's {@code
   * consumer_timeout}. After that RabbitMQ closes the channel and redelivers all unacked messages.
   */
  private static final Duration CONSUMER_TIMEOUT = Duration.ofMinutes(30);

  public AmqpConfig {
    addresses = List.copyOf(addresses);
  }

  /** Notes an error if {@code wait}, during which a delivery stays unacked, is too long. */
  public static void requireUnackedFor(Settings settings, String key, Duration wait) {
    settings.require(
        wait.compareTo(CONSUMER_TIMEOUT) <= 0,
        key,
        "at most 30m: RabbitMQ closes the channel of a process that leaves a message unacked for"
            + " longer (consumer_timeout)");
  }

  /** Address of a RabbitMQ node. */
  public record Address(String host, int port) {

    /** Returns the address as in a URI: {@code rabbitmq:5672}, {@code [::1]:5672}. */
    @Override
    public String toString() {
      return (host.contains(":") ? '[' + host + ']' : host) + ':' + port;
    }
  }

  /**
   * Settings of TLS to RabbitMQ. All files are PEM.
   *
   * @param caFile trusted certificates; empty for those of the JVM
   * @param certFile certificate chain of this process, for a RabbitMQ that verifies its clients
   * @param keyFile private key of this process, PKCS #8, not encrypted; set if and only if {@code
   *     certFile} is
   * @param insecure true to accept any certificate for any host name
   */
  public record Tls(
      Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile, boolean insecure) {}

  /** Reads the section {@code longcut.amqp} of a role. */
  public static AmqpConfig read(Settings amqp) {
    AmqpUris uris = AmqpUris.read(amqp);
    uris.requireUserWithAName(amqp);
    DemoPasswords.check(amqp, uris);
    return read(amqp, uris);
  }

  /**
   * Reads the section {@code longcut.amqp} for a tool. A tool may log in as any user, also with a
   * demo's password and as a user whose name no process may have.
   */
  public static AmqpConfig readForTool(Settings amqp) {
    amqp.text("demo-passwords"); // only the roles check this setting
    return read(amqp, AmqpUris.read(amqp));
  }

  private static AmqpConfig read(Settings amqp, AmqpUris uris) {
    Tls tls = readTls(amqp.section("tls"));
    if (uris.encrypted() && !tls.insecure()) {
      refuseUnverifiable(amqp, uris.addresses());
    }
    Duration heartbeat = amqp.duration("heartbeat");
    amqp.require(
        heartbeat.toSeconds() > 0 && heartbeat.equals(Duration.ofSeconds(heartbeat.toSeconds())),
        "heartbeat",
        "whole seconds, AMQP's unit for heartbeats");
    return new AmqpConfig(
        uris.addresses(),
        uris.user(),
        uris.login(),
        uris.virtualHost(),
        uris.encrypted() ? Optional.of(tls) : Optional.empty(),
        heartbeat,
        amqp.duration("connection-timeout"),
        amqp.duration("confirm-timeout"),
        amqp.duration("reconnect-backoff-max"),
        amqp.bytes("unconfirmed-window"));
  }

  private static void refuseUnverifiable(Settings amqp, List<Address> addresses) {
    for (Address address : addresses) {
      if (!TlsContexts.verifies(address.host())) {
        amqp.refuse(
            "uris",
            "Java cannot verify a certificate for a host name with an underscore: give "
                + address.host()
                + " another name, such as a network alias");
      }
    }
  }

  private static Tls readTls(Settings settings) {
    Tls tls =
        new Tls(
            settings.optionalFile("ca-file"),
            settings.optionalFile("cert-file"),
            settings.optionalFile("key-file"),
            settings.flag("insecure"));
    settings.require(
        tls.keyFile.isPresent() || tls.certFile.isEmpty(), "cert-file", "key-file to be set, too");
    settings.require(
        tls.certFile.isPresent() || tls.keyFile.isEmpty(), "key-file", "cert-file to be set, too");
    settings.require(!tls.insecure || tls.caFile.isEmpty(), "insecure", "false if ca-file is set");
    return tls;
  }
}
