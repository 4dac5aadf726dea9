package io.github.httplongcut.amqp;

import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;

/** Configures TLS for the AMQP client: trusted certificates and this process's own. */
public final class AmqpTls {

  private AmqpTls() {}

  /**
   * Makes the factory's connections use TLS, and verify the host name unless {@code insecure}.
   *
   * @throws IllegalArgumentException if a certificate or key cannot be used
   * @throws UncheckedIOException if a file cannot be read
   */
  public static void configure(ConnectionFactory factory, AmqpConfig.Tls tls) {
    try {
      SSLContext context =
          tls.insecure()
              ? TlsContexts.trustingAnybody(tls.certFile(), tls.keyFile())
              : TlsContexts.trusting(tls.caFile(), tls.certFile(), tls.keyFile());
      factory.useSslProtocol(context);
      if (!tls.insecure()) {
        factory.enableHostnameVerification();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("longcut.amqp.tls: " + e.getMessage(), e);
    }
  }
}
