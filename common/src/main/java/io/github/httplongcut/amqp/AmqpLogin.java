package io.github.httplongcut.amqp;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultSaslConfig;
import io.github.httplongcut.config.Secret;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Proof of the RabbitMQ user's identity, for each login. */
public sealed interface AmqpLogin {

  /**
   * Makes a factory use this login for its next connection.
   *
   * @throws LoginException if a file does not allow a login
   */
  void prepare(ConnectionFactory factory) throws LoginException;

  /**
   * Returns the password; empty if its file holds none at the moment, or if the login needs none.
   */
  Optional<Secret> currentPassword();

  /** A password from the URI, which stays the same until the process ends. */
  record FixedPassword(Secret password) implements AmqpLogin {
    @Override
    public void prepare(ConnectionFactory factory) {
      factory.setPassword(password.value());
    }

    @Override
    public Optional<Secret> currentPassword() {
      return Optional.of(password);
    }
  }

  /** A password from a file that is read again for each login, so that it can be rotated. */
  record FromFile(Path file) implements AmqpLogin {
    @Override
    public void prepare(ConnectionFactory factory) throws LoginException {
      factory.setPassword(new PasswordFile(file).read().value());
    }

    @Override
    public Optional<Secret> currentPassword() {
      try {
        return Optional.of(new PasswordFile(file).read());
      } catch (LoginException e) {
        return Optional.empty();
      }
    }
  }

  /**
   * The certificate of this process, by the SASL mechanism EXTERNAL.
   *
   * @param file the certificate chain, which is read again for each login
   * @param user the user, which must be the certificate's common name
   */
  record ByCertificate(Path file, String user) implements AmqpLogin {
    @Override
    public void prepare(ConnectionFactory factory) throws LoginException {
      OwnCertificate certificate = new OwnCertificate(file);
      certificate.requireUser(user);
      certificate.requireValid(Instant.now());
      factory.setSaslConfig(DefaultSaslConfig.EXTERNAL);
    }

    @Override
    public Optional<Secret> currentPassword() {
      return Optional.empty();
    }
  }
}
