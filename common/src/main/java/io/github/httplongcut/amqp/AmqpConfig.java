package io.github.httplongcut.amqp;

import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.SecretFile;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.tls.TlsContexts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Settings of the connections to RabbitMQ, {@code longcut.amqp}.
 *
 * @param addresses nodes of one RabbitMQ cluster, at least one; the process connects to any of them
 * @param user the RabbitMQ user; of a role, a name of docs/protocol.md section 1
 * @param login the proof of the user's identity
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

  /** Path of the setting that accepts any certificate, as in {@link #insecureSettings()}. */
  public static final String INSECURE = "longcut.amqp.tls.insecure";

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
      Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile, boolean insecure) {

    /** Returns whether the settings name any file. */
    boolean hasFiles() {
      return caFile.isPresent() || certFile.isPresent();
    }
  }

  /** Returns the addresses of other machines, if the connections to them have no TLS. */
  public List<Address> addressesInPlainText() {
    return tls.isPresent()
        ? List.of()
        : addresses.stream().filter(each -> !DemoPasswords.isLoopback(each.host())).toList();
  }

  /** Returns the settings that let others read passwords or traffic, for a warning at the start. */
  public List<InsecureSetting> insecureSettings() {
    List<InsecureSetting> found = new ArrayList<>();
    if (tls.isPresent() && tls.get().insecure()) {
      found.add(
          new InsecureSetting(
              INSECURE,
              "anybody on the network path to RabbitMQ can read and change all traffic; set"
                  + " longcut.amqp.tls.ca-file instead"));
    }
    addressesInPlainText().stream()
        .findFirst()
        .ifPresent(
            address ->
                found.add(
                    new InsecureSetting(
                        "longcut.amqp.plain-text",
                        "anybody on the network path to "
                            + address
                            + " can read the password and all requests; use amqps://")));
    if (login instanceof AmqpLogin.FromFile fromFile) {
      warnIfReadableByOthers(fromFile.file(), "longcut.amqp.password-file", found);
    }
    tls.flatMap(Tls::keyFile)
        .ifPresent(file -> warnIfReadableByOthers(file, "longcut.amqp.tls.key-file", found));
    return found;
  }

  private static void warnIfReadableByOthers(
      Path file, String setting, List<InsecureSetting> found) {
    if (new SecretFile(file).isReadableByOthers()) {
      found.add(
          new InsecureSetting(
              setting,
              "other users of this machine can read %s; change its mode: chmod 600 %s"
                  .formatted(file, file)));
    }
  }

  /** Reads the section {@code longcut.amqp} of a role. */
  public static AmqpConfig read(Settings amqp) {
    AmqpUris uris = AmqpUris.read(amqp);
    uris.requireUserWithAName(amqp);
    DemoPasswords.check(amqp, uris);
    PlainTextPolicy.check(amqp, uris);
    return read(amqp, uris);
  }

  /**
   * Reads the section {@code longcut.amqp} for a tool. A tool may log in as any user, also with a
   * demo's password and as a user whose name no process may have. The caller obeys {@code
   * plain-text}.
   */
  public static AmqpConfig readForTool(Settings amqp) {
    amqp.text("demo-passwords"); // only the roles check this setting
    amqp.oneOf("plain-text", PlainTextPolicy.class);
    return read(amqp, AmqpUris.read(amqp));
  }

  private static AmqpConfig read(Settings amqp, AmqpUris uris) {
    Tls tls = readTls(amqp.section("tls"));
    if (uris.encrypted() && !tls.insecure()) {
      refuseUnverifiable(amqp, uris.addresses());
    }
    if (uris.encrypted() && tls.hasFiles()) {
      refuseUnusable(amqp, tls);
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

  private static void refuseUnusable(Settings amqp, Tls tls) {
    try {
      AmqpTls.context(tls);
    } catch (LoginException e) {
      amqp.refuse("tls", e.getMessage());
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
