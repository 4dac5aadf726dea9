package io.github.httplongcut.amqp;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import java.io.IOException;

/**
 * Opens connections to RabbitMQ as the user of the settings, without automatic recovery. Reads the
 * password again for each new connection: a file may have been changed.
 */
public class LoginConnectionFactory extends ConnectionFactory {

  private final AmqpLogin login;

  /**
   * Creates a factory.
   *
   * @throws IllegalArgumentException if a certificate or key cannot be used
   * @throws java.io.UncheckedIOException if a file of the TLS settings cannot be read
   */
  public LoginConnectionFactory(AmqpConfig config) {
    login = config.login();
    setUsername(config.user());
    setVirtualHost(config.virtualHost());
    setAutomaticRecoveryEnabled(false);
    setTopologyRecoveryEnabled(false);
    config.tls().ifPresent(tls -> AmqpTls.configure(this, tls));
  }

  /**
   * Called once by each {@code newConnection}, before it reads the password.
   *
   * @throws PasswordFileException if the file holds no password
   */
  @Override
  protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
    setPassword(login.password().value());
    return super.createFrameHandlerFactory();
  }
}
