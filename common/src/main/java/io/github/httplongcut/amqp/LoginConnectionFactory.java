package io.github.httplongcut.amqp;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import java.io.IOException;
import java.util.Optional;

/**
 * Opens connections to RabbitMQ as the user of the settings, without automatic recovery. Reads the
 * files with the password, the certificates and the key again for each new connection, since they
 * may have been replaced.
 */
public class LoginConnectionFactory extends ConnectionFactory {

  private final AmqpLogin login;
  private final Optional<AmqpConfig.Tls> tls;

  /**
   * Creates a factory.
   *
   * @throws IllegalArgumentException if a file of the TLS settings cannot be read or used
   */
  public LoginConnectionFactory(AmqpConfig config) {
    login = config.login();
    setUsername(config.user());
    setVirtualHost(config.virtualHost());
    setAutomaticRecoveryEnabled(false);
    setTopologyRecoveryEnabled(false);
    tls = config.tls();
    tls.ifPresent(settings -> AmqpTls.configure(this, settings));
  }

  /**
   * Called by each {@code newConnection}, before it reads the password.
   *
   * @throws LoginException if a file does not allow a login
   */
  @Override
  protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
    login.prepare(this);
    if (tls.isPresent() && tls.get().hasFiles()) {
      // Not useSslProtocol: each call would add a step to the verification of the host name, until
      // the stack is too small for all of them.
      setSocketFactory(AmqpTls.context(tls.get()).getSocketFactory());
    }
    return super.createFrameHandlerFactory();
  }
}
