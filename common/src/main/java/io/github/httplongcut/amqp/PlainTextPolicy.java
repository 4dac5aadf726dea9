package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Settings;

/**
 * The setting {@code longcut.amqp.plain-text}: for which addresses a process may connect without
 * TLS. Without TLS, everybody on the network path can read the password and all requests.
 */
enum PlainTextPolicy {
  /** Allowed only if RabbitMQ runs on this machine. */
  REFUSED,
  /** Allowed for any address. */
  ALLOWED;

  /** Reads the setting and notes an error if it forbids the addresses. */
  static void check(Settings amqp, AmqpUris uris) {
    PlainTextPolicy setting = amqp.oneOf("plain-text", PlainTextPolicy.class);
    if (setting == ALLOWED || uris.encrypted()) {
      return;
    }
    uris.addresses().stream()
        .filter(address -> !DemoPasswords.isLoopback(address.host()))
        .findFirst()
        .ifPresent(
            address ->
                amqp.refuse(
                    "uris",
                    address
                        + " is not a loopback address, and amqp:// would send the password and all"
                        + " requests there without encryption: use amqps://, or set"
                        + " longcut.amqp.plain-text = allowed (LONGCUT_AMQP_PLAIN_TEXT) if nobody"
                        + " else can read the traffic"));
  }
}
