package io.github.httplongcut.amqp;

import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;

/** Configures TLS for the AMQP client: trusted certificates and this process's own. */
public final class AmqpTls {

  private AmqpTls() {}

  /**
   * Makes the factory's connections use TLS, and verify the host name unless {@code insecure}.
   *
   * @throws IllegalArgumentException if a file of the settings cannot be read or used
   */
  public static void configure(ConnectionFactory factory, AmqpConfig.Tls tls) {
    try {
      factory.useSslProtocol(context(tls));
    } catch (LoginException e) {
      throw new IllegalArgumentException("longcut.amqp.tls: " + e.getMessage(), e);
    }
    if (!tls.insecure()) {
      factory.enableHostnameVerification();
    }
  }

  /**
   * Reads the files of the settings.
   *
   * @throws LoginException if a file cannot be read or used
   */
  static SSLContext context(AmqpConfig.Tls tls) throws LoginException {
    try {
      return tls.insecure()
          ? TlsContexts.trustingAnybody(tls.certFile(), tls.keyFile())
          : TlsContexts.trusting(tls.caFile(), tls.certFile(), tls.keyFile());
    } catch (NoSuchFileException e) {
      throw new LoginException(e.getFile() + " does not exist; create the file");
    } catch (AccessDeniedException e) {
      throw new LoginException(
          e.getFile() + " cannot be read; change the file's owner (chown) or mode (chmod)");
    } catch (IOException | GeneralSecurityException e) {
      throw new LoginException(e.getMessage());
    }
  }
}
