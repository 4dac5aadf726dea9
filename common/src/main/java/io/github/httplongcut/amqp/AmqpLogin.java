package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Secret;
import java.nio.file.Path;
import java.util.Optional;

/** Proof of the RabbitMQ user's identity, for each login. */
public sealed interface AmqpLogin {

  /**
   * Returns the password for a login that begins now.
   *
   * @throws PasswordFileException if the file holds no password
   */
  Secret password() throws PasswordFileException;

  /** Returns the password, or empty if the file holds none at the moment. */
  default Optional<Secret> currentPassword() {
    try {
      return Optional.of(password());
    } catch (PasswordFileException e) {
      return Optional.empty();
    }
  }

  /** A password from the URI, which stays the same until the process ends. */
  record FixedPassword(Secret password) implements AmqpLogin {}

  /** A password from a file that is read again for each login, so that it can be rotated. */
  record FromFile(Path file) implements AmqpLogin {
    @Override
    public Secret password() throws PasswordFileException {
      return new PasswordFile(file).read();
    }
  }
}
