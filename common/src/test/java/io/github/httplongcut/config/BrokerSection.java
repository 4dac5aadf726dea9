package io.github.httplongcut.config;

import java.util.List;
import java.util.function.Function;

/** Settings of tests: the section of the broker. */
public final class BrokerSection {

  private BrokerSection() {}

  /**
   * Reads the broker's section, and the settings outside it, so that these are not reported as
   * unknown.
   */
  public static <T> T read(Settings longcut, Function<Settings, T> reader) {
    longcut.name("id");
    Settings amqp = longcut.section("amqp");
    amqp.texts("uris");
    List.of("demo-passwords", "plain-text", "login").forEach(amqp::text);
    amqp.section("tls").flag("insecure");
    List.of("heartbeat", "connection-timeout", "confirm-timeout", "reconnect-backoff-max")
        .forEach(amqp::duration);
    amqp.bytes("unconfirmed-window");
    Settings otlp = longcut.section("otlp");
    otlp.duration("step");
    otlp.pairs("headers");
    otlp.pairs("resource-attributes");
    return reader.apply(longcut.section("broker"));
  }
}
