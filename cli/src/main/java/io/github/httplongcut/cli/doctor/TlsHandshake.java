package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/** TLS connections with a server, for a look at its certificate. */
final class TlsHandshake {

  /** Verification of the server's certificate. */
  enum Verify {
    NOTHING,
    CA,
    CA_AND_HOST
  }

  private TlsHandshake() {}

  /**
   * Connects and shakes hands.
   *
   * @param tls trusted certificates, and this side's own certificate
   * @throws IOException if the server sends nothing in time, or the certificate is not accepted
   */
  static SSLSocket connect(String host, int port, AmqpConfig.Tls tls, Verify verify)
      throws IOException {
    Socket plain = PlainSocket.connect(host, port);
    try {
      SSLSocket socket =
          (SSLSocket) context(tls, verify).getSocketFactory().createSocket(plain, host, port, true);
      if (verify == Verify.CA_AND_HOST) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
      }
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  /** Returns the server's certificate and those of its CAs, as the server sends them. */
  static List<X509Certificate> chain(SSLSocket socket) throws SSLPeerUnverifiedException {
    Certificate[] chain = socket.getSession().getPeerCertificates();
    return Arrays.stream(chain).map(X509Certificate.class::cast).toList();
  }

  private static SSLContext context(AmqpConfig.Tls tls, Verify verify) throws IOException {
    try {
      return verify == Verify.NOTHING
          ? TlsContexts.trustingAnybody(tls.certFile(), tls.keyFile())
          : TlsContexts.trusting(tls.caFile(), tls.certFile(), tls.keyFile());
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot set up TLS: " + e.getMessage(), e);
    }
  }
}
