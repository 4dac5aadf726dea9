package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.config.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * The setting {@code longcut.amqp.demo-passwords}: for which addresses a password may equal its
 * user's name. Each password in {@code rabbitmq/demo-users.json} does, so everybody knows these
 * passwords.
 */
public enum DemoPasswords {
  /** Allowed only if RabbitMQ runs on this machine. */
  REFUSED,
  /** Allowed for any address. */
  ALLOWED;

  private static final Pattern LOOPBACK_IPV4 =
      Pattern.compile("127(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}");

  /** Reads the setting and notes an error if it forbids the login. */
  static void check(Settings amqp, AmqpUris uris) {
    DemoPasswords setting = amqp.oneOf("demo-passwords", DemoPasswords.class);
    if (setting == ALLOWED || !isGuessable(uris.user(), uris.login())) {
      return;
    }
    uris.addresses().stream()
        .filter(address -> !isLoopback(address.host()))
        .findFirst()
        .ifPresent(address -> amqp.refuse("uris", problem(uris.user(), address)));
  }

  private static String problem(String user, Address address) {
    return "the password of user %s is the user's name, which everybody can guess, and %s is not a"
            .formatted(user, address)
        + " loopback address: change the password (rabbitmqctl change_password "
        + user
        + "), or set longcut.amqp.demo-passwords = allowed (LONGCUT_AMQP_DEMO_PASSWORDS) for a"
        + " trial";
  }

  /** Returns whether the password is the user's name. */
  public static boolean isGuessable(String user, AmqpLogin login) {
    return login.currentPassword().filter(password -> password.value().equals(user)).isPresent();
  }

  /**
   * Returns whether the host is certainly this machine. Resolves no name: any name but {@code
   * localhost} counts as another machine.
   */
  public static boolean isLoopback(String host) {
    if (host.contains(":")) {
      return isLoopbackIpv6(host);
    }
    return host.equalsIgnoreCase("localhost") || LOOPBACK_IPV4.matcher(host).matches();
  }

  /** Parses an IPv6 literal. {@code getByName} does not ask DNS for a text with a colon. */
  private static boolean isLoopbackIpv6(String literal) {
    try {
      return InetAddress.getByName(literal).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
