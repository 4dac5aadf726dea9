package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.tls.TlsContexts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a process reaches RabbitMQ: {@code longcut.amqp}.
 *
 * @param addresses where RabbitMQ listens, at least one; any of them will do
 * @param user the RabbitMQ user, a name of docs/protocol.md section 1
 * @param password that user's
 * @param virtualHost RabbitMQ's vhost
 * @param tls how to trust and be trusted; empty: not encrypted
 * @param heartbeat the AMQP heartbeat, whole seconds
 * @param connectionTimeout for the TCP connection and again for the AMQP handshake
 * @param confirmTimeout a publish that is not confirmed for so long has a dead connection
 * @param reconnectBackoffMax the longest pause between two attempts to connect
 * @param unconfirmedWindow bytes that may be published and not yet confirmed; one larger message
 *     passes when there are none
 */
public record AmqpConfig(
    List<Address> addresses,
    String user,
    Secret password,
    String virtualHost,
    Optional<Tls> tls,
    Duration heartbeat,
    Duration connectionTimeout,
    Duration confirmTimeout,
    Duration reconnectBackoffMax,
    long unconfirmedWindow) {

  /**
   * Longest time for which a process may leave a delivery unacked: RabbitMQ's {@code
   * consumer_timeout}, after which it closes the channel and gives out again all that is unacked.
   */
  private static final Duration CONSUMER_TIMEOUT = Duration.ofMinutes(30);

  public AmqpConfig {
    addresses = List.copyOf(addresses);
  }

  /** Notes that a wait, during which a delivery stays unacked, is longer than RabbitMQ allows. */
  public static void requireUnackedFor(Settings settings, String key, Duration wait) {
    settings.require(
        wait.compareTo(CONSUMER_TIMEOUT) <= 0,
        key,
        "at most 30m: RabbitMQ closes the channel of a process that leaves a message unacked for"
            + " longer (consumer_timeout)");
  }

  /** Where one node of RabbitMQ listens. */
  public record Address(String host, int port) {

    /** As in a URI: {@code rabbitmq:5672}, {@code [::1]:5672}. */
    @Override
    public String toString() {
      return (host.contains(":") ? '[' + host + ']' : host) + ':' + port;
    }
  }

  /**
   * TLS to RabbitMQ; all files are PEM.
   *
   * @param caFile the certificates to trust; empty: those of the JVM
   * @param certFile this process's own certificate chain, if RabbitMQ asks for one
   * @param keyFile its private key, PKCS #8 and not encrypted; there if and only if {@code
   *     certFile} is
   * @param insecure trusts anybody, checks no host name
   */
  public record Tls(
      Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile, boolean insecure) {}

  /** Reads the section {@code longcut.amqp}. */
  public static AmqpConfig read(Settings amqp) {
    AmqpUris uris = AmqpUris.read(amqp);
    DemoPasswords.check(amqp, uris);
    Tls tls = readTls(amqp.section("tls"));
    if (uris.encrypted() && !tls.insecure()) {
      refuseUnverifiable(amqp, uris.addresses());
    }
    Duration heartbeat = amqp.duration("heartbeat");
    amqp.require(
        heartbeat.toSeconds() > 0 && heartbeat.equals(Duration.ofSeconds(heartbeat.toSeconds())),
        "heartbeat",
        "whole seconds: AMQP knows no others");
    return new AmqpConfig(
        uris.addresses(),
        uris.user(),
        uris.password(),
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
            "Java compares no certificate with a host name that has a _: give "
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
        tls.keyFile.isPresent() || tls.certFile.isEmpty(), "cert-file", "a key-file beside it");
    settings.require(
        tls.certFile.isPresent() || tls.keyFile.isEmpty(), "key-file", "a cert-file beside it");
    settings.require(
        !tls.insecure || tls.caFile.isEmpty(),
        "insecure",
        "false where a ca-file says whom to trust");
    return tls;
  }
}
