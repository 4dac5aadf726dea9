package io.github.httplongcut.cli.join;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.util.List;
import java.util.Optional;

/** Joining files of the user {@code acme} with the password {@code s3cret}. */
final class JoiningFiles {

  private static final String VHOST = "longcut";

  private JoiningFiles() {}

  /**
   * Returns the file of a grant without a CA.
   *
   * @param address RabbitMQ's address, such as {@code amqps://rabbit-1.example}
   */
  static JoiningFile at(String address, Role role, String... targets) {
    return file(address, VHOST, role, Optional.empty(), targets);
  }

  /** Returns the file of a grant with a CA. */
  static JoiningFile withCa(String pem, Role role, String... targets) {
    return file("amqps://rabbit-1.example", VHOST, role, Optional.of(pem), targets);
  }

  /** Returns the file of a grant in another vhost. */
  static JoiningFile inVhost(String vhost, Role role, String... targets) {
    return file("amqps://rabbit-1.example", vhost, role, Optional.empty(), targets);
  }

  private static JoiningFile file(
      String address, String vhost, Role role, Optional<String> ca, String... targets) {
    return new JoiningFile(
        role,
        "acme",
        new Secret("s3cret"),
        vhost,
        List.of(RabbitMqAddress.parse(address, "x")),
        List.of(targets),
        ca);
  }
}
