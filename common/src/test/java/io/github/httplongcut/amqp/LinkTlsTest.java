package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.SocketConfigurator;
import io.github.httplongcut.config.Secret;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A link sends nothing, not even the AMQP header, to a server whose certificate is not accepted.
 */
class LinkTlsTest {

  private static final char[] PASSWORD = "of-this-test".toCharArray();

  @TempDir private Path directory;

  @Test
  void aTrustedCertificateForTheHostIsAccepted() throws Exception {
    assertThat(firstBytesSentTo("ip:127.0.0.1", false)).isEqualTo("AMQP");
  }

  /** The server reads an alert, or finds the connection closed before that. */
  @Test
  void aTrustedCertificateForAnotherHostIsRefused() {
    assertThatThrownBy(() -> firstBytesSentTo("dns:rabbitmq.example", false))
        .isInstanceOfAny(SSLException.class, SocketException.class);
  }

  @Test
  void insecureAcceptsACertificateForAnotherHost() throws Exception {
    assertThat(firstBytesSentTo("dns:rabbitmq.example", true)).isEqualTo("AMQP");
  }

  /**
   * A configurator that grew with each login would overflow the stack after some hours without
   * RabbitMQ.
   */
  @Test
  void loginsReadTheFilesAgainAndDoNotLengthenTheConfiguratorOfTheSockets() throws Exception {
    Path ca = directory.resolve("ca.pem");
    Files.writeString(ca, pem(selfSigned("ip:127.0.0.1").getCertificate("server")));
    var tls = new AmqpConfig.Tls(Optional.of(ca), Optional.empty(), Optional.empty(), false);
    int port = unusedPort();
    ConnectionFactory factory = new LoginConnectionFactory(config(port, tls));
    SocketConfigurator configurator = factory.getSocketConfigurator();
    SocketFactory sockets = factory.getSocketFactory();

    assertThatThrownBy(() -> factory.newConnection(List.of(new Address("127.0.0.1", port))))
        .isInstanceOf(ConnectException.class);

    assertThat(factory.getSocketFactory()).isNotSameAs(sockets);
    assertThat(factory.getSocketConfigurator()).isSameAs(configurator);
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Returns the first bytes that a server with a trusted certificate for {@code name} receives. */
  private String firstBytesSentTo(String name, boolean insecure) throws Exception {
    KeyStore store = selfSigned(name);
    Path ca = directory.resolve("ca.pem");
    Files.writeString(ca, pem(store.getCertificate("server")));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    try (SSLServerSocket server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(10_000);
      AmqpConfig.Tls tls =
          new AmqpConfig.Tls(
              insecure ? Optional.empty() : Optional.of(ca),
              Optional.empty(),
              Optional.empty(),
              insecure);
      Link link = link(server.getLocalPort(), tls);
      link.start(connection -> {});
      try (SSLSocket accepted = (SSLSocket) server.accept()) {
        accepted.setSoTimeout(10_000);
        InputStream in = accepted.getInputStream();
        return new String(in.readNBytes(4), StandardCharsets.US_ASCII);
      } finally {
        link.close();
      }
    }
  }

  private static AmqpConfig config(int port, AmqpConfig.Tls tls) {
    return new AmqpConfig(
        List.of(new AmqpConfig.Address("127.0.0.1", port)),
        "broker",
        new AmqpLogin.FixedPassword(new Secret("broker")),
        "longcut",
        Optional.of(tls),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(2),
        1024 * 1024);
  }

  private static Link link(int port, AmqpConfig.Tls tls) {
    AmqpConfig config = config(port, tls);
    return new Link(
        new LoginConnectionFactory(config),
        config,
        "test",
        new LinkMetrics(new SimpleMeterRegistry(), "publish"));
  }

  private KeyStore selfSigned(String name) throws Exception {
    Path file = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                "san=" + name,
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private static String pem(Certificate certificate) throws Exception {
    String base64 = Base64.getMimeEncoder().encodeToString(certificate.getEncoded());
    return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
  }
}
